import { describe, expect, it } from 'vitest';
import { samplingRanks } from '../../src/core/sampling.js';

const TAIL = 0.005;

/** The smallest x with P(B <= x) > TAIL, B binomial(n, p): all terms as logarithms. */
function exactQuantile(n: number, p: number): number {
  let log = n * Math.log1p(-p);
  let sum = Math.exp(log);
  let x = 0;
  while (sum <= TAIL) {
    log += Math.log(((n - x) / (x + 1)) * (p / (1 - p)));
    sum += Math.exp(log);
    x++;
  }
  return x;
}

describe('the ranks that enclose a quantile of the population', () => {
  it.each([
    1, 10, 100, 400, 599, 601, 1000, 1100, 1300, 1500, 1700, 2000, 5000, 20_000,
  ])('are those of the binomial distribution, n = %i', (n) => {
    for (const p of [0.001, 0.01, 0.1, 0.25, 0.34, 0.45, 0.5, 0.55, 0.66, 0.9, 0.99, 0.999]) {
      const { lower, upper } = samplingRanks(p, n);
      const l = exactQuantile(n, p);
      const u = n - exactQuantile(n, 1 - p) + 1;
      // At most two values wider where the expansion stands for the sum, never narrower.
      const [low, high] = [
        Number.isFinite(lower) ? lower * n : 0,
        Number.isFinite(upper) ? upper * n : n + 1,
      ];
      expect(l - low, `p = ${p}`).toBeGreaterThanOrEqual(-1e-6);
      expect(l - low, `p = ${p}`).toBeLessThanOrEqual(2);
      expect(high - u, `p = ${p}`).toBeGreaterThanOrEqual(-1e-6);
      expect(high - u, `p = ${p}`).toBeLessThanOrEqual(2);
    }
  });
});

it('eight values enclose their median from one side alone', () => {
  expect(samplingRanks(0.5, 8)).toEqual({ lower: 1 / 8, upper: 1 });
});
