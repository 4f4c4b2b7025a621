import { expect, it } from 'vitest';
import { KllSketch } from '../../src/index.js';
import { seededRandom } from '../support/prng.js';

const CALLS = 100;
const PART = 1_000_000;
const LARGE = 30;

// In bulk one of 256 values stands for all of them: where one of the largest is that one, nearly as many are taken for as large.
it('the largest of a hundred million values lie inside the bounds', () => {
  const random = seededRandom(5);
  const values = Float64Array.from({ length: PART }, () => random.next());
  const n = CALLS * PART;
  for (let trial = 0; trial < 25; trial++) {
    const sketch = new KllSketch({ k: 200, seed: random.uint32() });
    // 100, 101 ..., each in a call of its own, in the place of a small value.
    for (let call = 0; call < CALLS; call++) {
      const at = random.below(PART);
      const held = values[at];
      if (call < LARGE) values[at] = 100 + call;
      sketch.extend(values);
      values[at] = held;
    }
    for (const above of [5, 10, 15, 17, 20]) {
      const x = 100 + LARGE - 1 - above;
      const { lower, upper } = sketch.quantileBounds((n - above) / n);
      expect([lower <= x, upper >= x], `trial ${trial}, ${above} above: ${lower}..${upper}`).toEqual([
        true,
        true,
      ]);
    }
  }
});
