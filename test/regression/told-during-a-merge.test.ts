import { expect, it } from 'vitest';
import { KllSketch } from '../../src/index.js';
import { STREAMS } from '../support/streams.js';

// Whoever was told of a skipped source in the middle of a merge could use the kernel, and change what was merged.
it('sketches that onSkip uses do not find their way into the merge', () => {
  const good = [1, 2].map((seed) => new KllSketch({ seed }).extend(STREAMS.shuffled(5000, seed)));
  const sources = [good[0], new Uint8Array(4), good[1]];
  const onSkip = () => void new KllSketch({ seed: 9 }).extend(STREAMS.sorted(90_000)).median;
  const merged = KllSketch.mergeAll(sources, { seed: 3, invalid: 'skip', onSkip });
  expect(merged.toBytes()).toEqual(KllSketch.mergeAll(good, { seed: 3 }).toBytes());
});
