/** The text of ops/slo/edge.yaml, which the build puts into the bundle. */
declare module '#objectives' {
  const text: string;
  export default text;
}
