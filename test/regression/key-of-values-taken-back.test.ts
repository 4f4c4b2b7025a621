import { expect, it } from 'vitest';
import { KllSketch } from '../../src/index.js';
import { STREAMS } from '../support/streams.js';

// One level that became staged values again kept the key learned of it, which its bytes do not have.
it('a sketch whose level was taken back into staging goes on as its bytes do', () => {
  const values = STREAMS['long tail'](300_500, 1);
  const sketch = new KllSketch({ k: 1024, seed: 1 });
  for (const x of values.subarray(0, 500)) sketch.add(x);
  sketch.extendWeighted([1], [1]);
  const copy = KllSketch.fromBytes(sketch.toBytes());
  for (const one of [sketch, copy]) one.extend(values.subarray(500));
  expect(copy.toBytes()).toEqual(sketch.toBytes());
});
