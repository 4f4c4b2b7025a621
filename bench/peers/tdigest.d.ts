declare module 'tdigest' {
  interface Centroid {
    mean: number;
    n: number;
  }
  export class TDigest {
    push(x: number): void;
    push_centroid(centroids: Centroid[]): void;
    percentile(rank: number): number;
    compress(): void;
    toArray(): Centroid[];
  }
  const library: { TDigest: typeof TDigest };
  export default library;
}
