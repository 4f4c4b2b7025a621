import { expect, it } from 'vitest';
import { fromKll1, fromKll2 } from '../../src/formats.js';
import { KllSketch, type Tails } from '../../src/index.js';
import { writeKll1, writeKll2 } from '../support/kll-image.js';
import { maxRankError, STREAMS } from '../support/streams.js';

// Our own image has no room for them: it was written, and refused when it was read.
it.each<Tails>([
  'none',
  'high',
  'both',
])('a level that holds more than any capacity is compacted before bytes are taken, tails %s', (tails) => {
  const values = STREAMS.shuffled(5000, 1);
  const fields = { k: 200, n: 5000n, levels: [[...values]], min: 0, max: 4999 };
  for (const sketch of [fromKll1(writeKll1(fields), { tails }), fromKll2(writeKll2(fields), { tails })]) {
    expect(maxRankError(sketch, values)).toBe(0);
    const bytes = sketch.toBytes();
    const loaded = KllSketch.fromBytes(bytes);
    expect(loaded.toBytes()).toEqual(bytes);
    expect([loaded.n, loaded.min, loaded.max]).toEqual([5000, 0, 4999]);
    expect(maxRankError(loaded, values)).toBeLessThan(loaded.rankError());
  }
});

it('a level that holds as much as an image may hold is kept as it is, and one item more is compacted', () => {
  // docs/formats.md: 3 k and 9 a level where no tail is guaranteed.
  for (const count of [3 * 400 + 9, 3 * 400 + 10]) {
    const values = STREAMS.shuffled(count, 1);
    const fields = { k: 400, n: BigInt(count), levels: [[...values]], min: 0, max: count - 1 };
    const bytes = fromKll1(writeKll1(fields), { tails: 'none', seed: 1 }).toBytes();
    const loaded = KllSketch.fromBytes(bytes);
    expect([loaded.n, loaded.isEstimating]).toEqual([count, count > 3 * 400 + 9]);
  }
});
