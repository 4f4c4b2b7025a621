/** One peer in a process of its own: settings as JSON in the argument, figures as JSON on standard output. */
import { countBelow, rankErrorOf } from '../../src/cli/exact.js';
import { type Distribution, streamOf } from '../support/distributions.js';
import { FULL, nanosecondsOf, QUICK } from '../support/measure.js';
import { MANY_BLOBS, type PeerFigures, RANKS } from '../support/peers-report.js';
import { PEERS } from './adapters.js';
import { type Peer, sizeOf } from './peer.js';

/** Ranks over which the largest error is taken. */
const ALL_RANKS = Array.from({ length: 999 }, (_, i) => (i + 1) / 1000);
/** Where sketches are compared for what they answer. */
const STREAMS: Distribution[] = ['lognormal', '55 % zeros', '1e6 + U(0, 1000)', 'log-uniform, all doubles'];
/** What is encoded: doubles with all their digits, and what timers give. */
const WIRE: Distribution[] = ['lognormal', 'latencies, 0.1 ms'];
/** Values a unit, for peers that count integers; what is not named is taken in thousandths. */
const UNITS: Partial<Record<Distribution, number>> = { 'latencies, 0.1 ms': 10 };
/** Seeds over which the errors of randomized sketches are means. */
const TRIALS = 7;
const BLOBS = 1000;
const N = 1e6;

const order = JSON.parse(process.argv[2]) as { peer: string; seed: number; quick: boolean };
const effort = order.quick ? QUICK : FULL;
const peer: Peer = await PEERS[order.peer]();
const figures: PeerFigures = {
  name: peer.name,
  note: peer.note,
  times: {},
  bytes: {},
  errors: {},
  cannot: [],
};

/** A stream as the peer can take it. */
function given(distribution: Distribution, n: number, seed: number): Float64Array {
  const values = streamOf(distribution, n, seed);
  if (!peer.isInteger) return values;
  const unit = UNITS[distribution] ?? 1e3;
  return values.map((x) => Math.max(1, Math.round(x * unit)));
}

function made(values: Float64Array, seed: number): unknown {
  const sketch = peer.create(seed);
  for (let i = 0; i < values.length; i++) peer.add(sketch, values[i]);
  return sketch;
}

/** Lets go of what the collector does not see. An own function: `free?.(make())` would not make where nothing frees. */
function release(sketch: unknown): unknown {
  peer.free?.(sketch);
  return sketch;
}

function time(name: string, body: () => unknown, per = 1): void {
  const { median, iqr } = nanosecondsOf(body, per, effort);
  figures.times[name] = { median, iqr };
  process.stderr.write(`  ${peer.name}: ${name}\n`);
}

const partsOf = (values: Float64Array) =>
  Array.from({ length: BLOBS }, (_, i) => values.subarray(i * 1000, (i + 1) * 1000));

const values = given('lognormal', N, order.seed);

function addAndAsk(): void {
  time('add', () => release(made(values, order.seed)), N);
  if (peer.extend) {
    time('extend', () => peer.extend!(peer.create(order.seed), values), N);
  } else {
    figures.cannot.push('no bulk add');
  }
  const sketch = made(values, order.seed);
  const ask = () => {
    let sum = 0;
    for (let i = 0; i < 100; i++) sum += peer.quantile(sketch, 0.99);
    return sum;
  };
  time('p99 warm', ask, 100);
  let next = 0;
  time('add and p99', () => {
    peer.add(sketch, values[next++ % N]);
    return peer.quantile(sketch, 0.99);
  });
  release(sketch);
}

function mergeSketches(): void {
  const { merge } = peer;
  if (!merge) {
    figures.cannot.push('no merge');
    return;
  }
  const others = partsOf(values).map((part, i) => made(part, i));
  let total = made(values, order.seed);
  const some = others.slice(0, 100);
  time(
    'merge, 1000 values into 1e6',
    () => {
      for (const other of some) total = merge(total, other);
    },
    some.length,
  );
  release(total);
  const all =
    peer.mergeAll ??
    ((sketches: readonly unknown[]) => {
      let one = peer.create(1);
      for (const sketch of sketches) one = merge(one, sketch);
      return one;
    });
  time('merge 1000 sketches of 1000', () => release(all(others)));
  for (const other of others) release(other);
}

function encodeAndDecode(stream: Distribution): void {
  const { encode, decode, merge } = peer;
  if (!encode) {
    figures.cannot.push('no bytes');
    return;
  }
  const wire = given(stream, N, order.seed);
  for (const n of [1e3, 1e6]) {
    const what = `${stream}, n = 1e${Math.log10(n)}`;
    const whole = made(wire.subarray(0, n), order.seed);
    const blob = encode(whole);
    figures.bytes[what] = sizeOf(blob);
    time(`encode: ${what}`, () => encode(whole));
    if (decode) time(`decode: ${what}`, () => release(decode(blob)));
    release(whole);
  }
  if (!decode || !merge) return;
  const blobs = partsOf(wire).map((part, i) => {
    const one = made(part, i);
    const blob = encode(one);
    release(one);
    return blob;
  });
  const all =
    peer.mergeBlobs ??
    ((each: readonly (Uint8Array | string)[]) => {
      let total = peer.create(1);
      for (const blob of each) {
        const other = decode(blob);
        total = merge(total, other);
        release(other);
      }
      return total;
    });
  time(`${MANY_BLOBS}: ${stream}`, () => release(all(blobs)));
}

function compareAnswers(stream: Distribution): void {
  figures.errors[stream] = null;
  if (peer.onlyLatencies && stream === 'log-uniform, all doubles') {
    figures.cannot.push('no negative and no huge values');
    return;
  }
  const { encode, decode } = peer;
  const taken = given(stream, N, order.seed + 1);
  const sorted = taken.slice().sort();
  const trials = Array.from({ length: peer.isRandomized ? TRIALS : 1 }, (_, i) => {
    const kept = made(taken, order.seed + i);
    const sketch = peer.sendsLess && encode && decode ? decode(encode(kept)) : kept;
    // Against the ranks of what it was given: the rounding to its units is not held against it.
    const errorAt = (rank: number) => {
      const answer = peer.quantile(sketch, rank);
      return 100 * (Number.isFinite(answer) ? rankErrorOf(sorted, rank, near(sorted, answer)) : 1);
    };
    const at = RANKS.map(errorAt);
    const max = Math.max(...at, ...(peer.ranks ?? ALL_RANKS).map(errorAt));
    if (sketch !== kept) peer.free?.(sketch);
    peer.free?.(kept);
    return { at, max };
  });
  const mean = (of: (trial: { at: number[]; max: number }) => number) =>
    trials.reduce((sum, trial) => sum + of(trial), 0) / trials.length;
  figures.errors[stream] = { at: RANKS.map((_, i) => mean(({ at }) => at[i])), max: mean(({ max }) => max) };
}

/** Answers between two neighbouring values have the rank of the lower; those below all of them that of the lowest. */
function near(sorted: Float64Array, answer: number): number {
  const upTo = countBelow(sorted, answer, true);
  return sorted[Math.max(0, upTo - 1)];
}

addAndAsk();
mergeSketches();
for (const stream of peer.encode ? WIRE : WIRE.slice(0, 1)) encodeAndDecode(stream);
for (const stream of STREAMS) compareAnswers(stream);
process.stdout.write(JSON.stringify(figures));
