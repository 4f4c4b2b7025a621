/** Many condensed leaves into one sketch of K = 1024, beside the same merge without condensing. */
import { KllSketch } from '../../../src/index.js';
import type { Bench, Scenario } from '../scenario.js';
import { ascending, drift, mostlyZeros, smallIntegers, tied } from '../streams.js';
import { type Row, Tally } from '../tally.js';
import { ranksTruth, type Truth, valuesTruth } from '../truth.js';

const LEAVES = 1000;
const LEAF = 1000;
const N = LEAVES * LEAF;
/** What merging condensed leaves may cost beside merging them whole. */
const COST = 1.25;

/** A stream cut into leaves of 1000. */
interface Leaves {
  name: string;
  values: Float64Array;
  truth: Truth;
  /** Puts the stream in its order. */
  order(): void;
}

function kinds({ random }: Bench): Leaves[] {
  const distinct = () => ({ values: ascending(N), truth: ranksTruth(N) });
  const shuffled = (name: string, stream: { values: Float64Array; truth: Truth }): Leaves => ({
    name,
    ...stream,
    order: () => random.shuffle(stream.values),
  });
  const identical = tied(new Array<number>(LEAF).fill(LEAVES));
  const near = distinct();
  const sorted = distinct();
  const drifting = distinct();
  const turns = ascending(LEAVES);
  return [
    shuffled('random', distinct()),
    {
      name: 'identical',
      ...identical,
      order: () =>
        identical.values.forEach((_, i) => {
          identical.values[i] = i % LEAF;
        }),
    },
    {
      name: 'near-identical',
      ...near,
      // Of each thousand neighbouring ranks every leaf gets one.
      order() {
        for (let slot = 0; slot < LEAF; slot++) {
          random.shuffle(turns);
          for (let leaf = 0; leaf < LEAVES; leaf++)
            near.values[leaf * LEAF + slot] = slot * LEAVES + turns[leaf];
        }
      },
    },
    shuffled('55 % zeros', mostlyZeros(N)),
    shuffled('integers 0..50', smallIntegers(N)),
    { name: 'sorted', ...sorted, order: () => {} },
    {
      name: 'drifting',
      ...drifting,
      order() {
        drifting.values.set(sorted.values);
        drift(drifting.values, random);
      },
    },
  ];
}

/** Leaves of 1000 values, condensed to 200. */
function leavesOf(values: Float64Array, { seed }: Bench, whole: boolean): KllSketch[] {
  const leaves: KllSketch[] = [];
  for (let i = 0; i < LEAVES; i++) {
    const leaf = new KllSketch({ k: 1024, seed: seed + i });
    leaf.extend(values.subarray(i * LEAF, (i + 1) * LEAF));
    leaves.push(whole ? leaf : leaf.condense(200));
  }
  return leaves;
}

export const merging: Scenario = {
  name: 'merging',
  title: '1000 leaves of 1000 values, condensed to 200, merged into k = 1024',
  run(bench) {
    return kinds(bench).flatMap(({ name, values, truth, order }): Row[] => {
      const random = name === 'random';
      const merged = new Tally(`${name}: condensed leaves`, random ? { max99: 0.0025 } : {});
      const again = new Tally(`${name}: condensed leaves, condensed again`, random ? { max99: 0.0032 } : {});
      const whole = new Tally(`${name}: whole leaves`);
      bench.each(() => {
        order();
        const sketch = KllSketch.mergeAll(leavesOf(values, bench, false), { k: 1024, seed: bench.seed });
        merged.take(sketch, truth);
        again.take(sketch.condense(200), truth);
        whole.take(KllSketch.mergeAll(leavesOf(values, bench, true), { k: 1024, seed: bench.seed }), truth);
      });
      const rows = [merged, again, whole].map(({ row }) => row);
      if (!random) rows[0].target = { max99: COST * rows[2].max99 };
      return rows;
    });
  },
};

const SMALL_LEAVES = 10_000;

export const smallLeaves: Scenario = {
  name: 'small-leaves',
  title: '10,000 leaves of 1..50 values, merged into k = 1024',
  share: 1 / 3,
  run(bench) {
    const tally = new Tally('random', { max99: 0.003 });
    const drawn = Float64Array.from({ length: SMALL_LEAVES * 50 }, () => bench.random.next());
    bench.each(() => {
      const leaves: KllSketch[] = [];
      let n = 0;
      bench.random.shuffle(drawn);
      for (let i = 0; i < SMALL_LEAVES; i++) {
        const size = 1 + bench.random.below(50);
        leaves.push(
          new KllSketch({ k: 1024, seed: bench.seed }).extend(drawn.subarray(n, n + size)).condense(200),
        );
        n += size;
      }
      tally.take(
        KllSketch.mergeAll(leaves, { k: 1024, seed: bench.seed }),
        valuesTruth(drawn.subarray(0, n)),
      );
    });
    return [tally.row];
  },
};
