/** Compact images: of condensed sketches to send, and of whole states to keep. */
import type { Group } from '../support/case.js';
import { streamOf } from '../support/distributions.js';
import { entry } from '../support/library.js';

const SHAPES = [
  { n: 1e3, encode: 25, decode: 12 },
  { n: 1e6, encode: 40, decode: 25 },
];

export const WIRE: Group[] = SHAPES.map(({ n, encode, decode }) => ({
  name: `wire-${n}`,
  title: `compact images, 0.1 ms latencies, n = ${n}`,
  quick: true,
  async run(bench) {
    const { KllSketch } = await entry('index');
    const values = streamOf('latencies, 0.1 ms', n, bench.seed);
    const whole = new KllSketch({ k: 1024, seed: bench.seed }).extend(values);
    const condensed = whole.condense(200);
    const bytes = condensed.toBytes();
    const note = `${condensed.numRetained} items, ${bytes.length} bytes`;
    bench.time('encode condensed, k = 200', () => condensed.toBytes(), { unit: 'us', target: encode, note });
    bench.time('decode condensed, k = 200', () => KllSketch.fromBytes(bytes), {
      unit: 'us',
      target: decode,
      note,
    });
    const state = whole.toBytes();
    const all = `${whole.numRetained} items, ${state.length} bytes`;
    bench.time('encode whole state, k = 1024', () => whole.toBytes(), { unit: 'us', note: all });
    bench.time('decode whole state, k = 1024', () => KllSketch.fromBytes(state), { unit: 'us', note: all });
    bench.time('condense k = 1024 to 200', () => whole.condense(200), { unit: 'us' });
  },
}));
