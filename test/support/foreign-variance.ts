/** Written anew from docs/accuracy.md: what the error that the Apache library states has beyond that of our compactions. */
import type { SketchImage } from '../../src/index.js';

export function foreignVariance({ minK, n, items }: Pick<SketchImage, 'minK' | 'n' | 'items'>): number {
  if (n === items.length) return 0;
  const stated = 2.296 / minK ** 0.9723;
  const own = 1.02 / (minK + 8) ** 0.872;
  return (stated ** 2 - own ** 2) / 4.3 ** 2;
}
