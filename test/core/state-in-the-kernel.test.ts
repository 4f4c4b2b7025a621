/** What a state has in the kernel from its last use is used again: whoever used the kernel meanwhile makes no difference. */
import { expect, it } from 'vitest';
import { KllSketch, type Tails } from '../../src/index.js';
import { STREAMS } from '../support/streams.js';

const values = (n: number, seed: number) => STREAMS['long tail'](n, seed);

/** Everything that changes a sketch, each step twice in a row. */
function life(k: number, tails: Tails, between: (step: number) => void): string[] {
  const sketch = new KllSketch({ k, tails, seed: 1 });
  const small = new KllSketch({ k: 200, seed: 2 }).extend(values(900, 2));
  const large = new KllSketch({ k: 400, tails, seed: 3 }).extend(values(50_000, 3));
  const bytes = large.condense(200).toBytes();
  const seen: string[] = [];
  const steps: (() => unknown)[] = [
    () => sketch.extend(values(5_000, 4)),
    () => sketch.merge(large),
    () => {
      for (const x of values(1_500, 5)) sketch.add(x);
    },
    () => sketch.merge(small),
    () => sketch.merge(bytes),
    () => sketch.extendWeighted([1, 2, 3], [1_000, 1, 70]),
    () => seen.push(String(sketch.quantilesAt([0.1, 0.5, 0.99]))),
    () => seen.push(sketch.toJSON().bytes),
    // More than the level window was given room for.
    () => sketch.merge(new KllSketch({ k: 30_000, seed: 6 }).extend(values(60_000, 6))),
    () => seen.push(sketch.clone().extend(values(3_000, 7)).toJSON().bytes),
    () => seen.push(sketch.condense(50).toJSON().bytes),
    () => sketch.extend(values(20_000, 8)),
    () => sketch.reset().extend(values(4_000, 9)),
  ];
  for (const [i, step] of steps.entries()) {
    for (let twice = 0; twice < 2; twice++) {
      step();
      between(i);
    }
  }
  seen.push(sketch.toJSON().bytes);
  return seen;
}

it.each([
  [8, 'none'],
  [200, 'high'],
  [1024, 'both'],
] as [number, Tails][])('k = %i, tails %s', (k, tails) => {
  const alone = life(k, tails, () => {});
  const other = new KllSketch({ k: 100, seed: 9 });
  expect(life(k, tails, () => other.extend(values(3_000, 10)))).toEqual(alone);
  expect(life(k, tails, (step) => step % 2 && new KllSketch({ k: 3_000 }).extend(values(9_000, 11)))).toEqual(
    alone,
  );
});
