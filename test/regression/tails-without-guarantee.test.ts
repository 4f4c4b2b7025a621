import { expect, it } from 'vitest';
import { KllSketch } from '../../src/index.js';
import { STREAMS } from '../support/streams.js';

// Protected tails need more room than an image without a tail guarantee has: its own reader refused it.
it.each([
  'high',
  'both',
] as const)('a sketch with %s tails that merged one without can be read again', (tails) => {
  const sketch = new KllSketch({ k: 1024, tails, seed: 1 });
  for (let i = 0; i < 20; i++) {
    sketch.extend(STREAMS.shuffled(20_000, i));
    sketch.merge(new KllSketch({ k: 1024, tails: 'none', seed: i }).extend(STREAMS.shuffled(20_000, i)));
    expect([sketch.tails, sketch.tailGuarantee]).toEqual([tails, 'none']);
    const bytes = sketch.toBytes();
    expect(KllSketch.fromBytes(bytes).toBytes()).toEqual(bytes);
  }
});
