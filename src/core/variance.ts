/** Condensing variance, in units of n^2. It travels as a 32-bit float, and a sketch goes on with what its bytes say. */

/** That of one condensing to chunks of 2^height values: of a uniform place in a chunk (docs/accuracy.md). */
export function gridVariance(height: number, n: number): number {
  return (2 ** height / n) ** 2 / 12;
}

/** A variance as the next float that is not below it, so that bounds stay true. */
export function toFloatVariance(x: number): number {
  const f32 = Float32Array.of(x);
  if (f32[0] < x) new Uint32Array(f32.buffer)[0]++;
  return f32[0];
}
