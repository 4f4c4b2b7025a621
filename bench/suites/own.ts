/** A user's own column: how fast it goes in, how exact the answers are, how small the bytes. */
import { readFileSync } from 'node:fs';
import { rankErrorOf } from '../../src/cli/exact.js';
import type { Group } from '../support/case.js';
import { entry } from '../support/library.js';
import { speedOf } from './extend.js';

const RANKS = [0.5, 0.9, 0.95, 0.99, 0.999];

export const OWN: Group[] = [200, 1024].map((k) => ({
  name: `own-${k}`,
  title: `your data, k = ${k}, tails high`,
  async run(bench) {
    const { KllSketch } = await entry('index');
    const raw = readFileSync(bench.settings.data!);
    const values = new Float64Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength));
    const n = values.length;
    const make = () => new KllSketch({ k, seed: bench.seed }).extend(values);
    bench.time(`extend, n = ${n}`, make, {
      per: n,
      ratios: true,
      speed: speedOf(values, bench.settings.effort),
    });
    bench.time(
      'add',
      () => {
        const sketch = new KllSketch({ k, seed: bench.seed });
        for (let i = 0; i < n; i++) sketch.add(values[i]);
        return sketch.n;
      },
      { per: n },
    );
    const sketch = make();
    bench.time('encode', () => sketch.toBytes(), { unit: 'us' });
    const bytes = sketch.toBytes();
    bench.time('decode', () => KllSketch.fromBytes(bytes), { unit: 'us' });
    bench.figure('bytes, whole state', 'bytes', bytes.length);
    bench.figure('bytes, condensed to k = 100', 'bytes', sketch.condense(100).toBytes().length);
    const sorted = values.slice().sort();
    for (const rank of RANKS) {
      const error = rankErrorOf(sorted, rank, sketch.quantile(rank));
      bench.figure(`rank error at p${rank * 100}`, '%', 100 * error, 100 * sketch.rankError());
    }
  },
}));
