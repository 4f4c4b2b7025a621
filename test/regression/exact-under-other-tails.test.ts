import { expect, it } from 'vitest';
import { KllSketch } from '../../src/index.js';
import { STREAMS } from '../support/streams.js';

// Values that are all still there kept the promise of the image they came in, and promised less than the policy they are under.
it.each([
  'none',
  'high',
  'both',
] as const)('an exact sketch loaded under tails %s goes on as its own bytes do', (tails) => {
  for (const from of ['none', 'high', 'both'] as const) {
    const few = new KllSketch({ seed: 1, tails: from }).extend([1, 2, 3]).toBytes();
    const sketch = KllSketch.fromBytes(few, { tails });
    const copy = KllSketch.fromBytes(sketch.toBytes());
    for (const one of [sketch, copy]) one.extend(STREAMS.shuffled(50_000, 1));
    expect(copy.toBytes()).toEqual(sketch.toBytes());
    expect([sketch.tails, sketch.tailGuarantee]).toEqual([tails, tails]);
  }
});
