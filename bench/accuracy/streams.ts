/** Streams of ranks: the values 0..n-1 in an order, so that the exact rank of a value is the value itself. */
import type { SeededRandom } from '../../test/support/prng.js';

/** 0..n-1, ascending. */
export function ascending(n: number): Float64Array {
  const values = new Float64Array(n);
  for (let i = 0; i < n; i++) values[i] = i;
  return values;
}

/** Shuffles in place (Fisher, Yates): the state a trial begins with does not matter, so one array serves all trials. */
export function shuffle(values: Float64Array, random: SeededRandom): Float64Array {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(random.uint32() * 2 ** -32 * (i + 1));
    const held = values[i];
    values[i] = values[j];
    values[j] = held;
  }
  return values;
}

/** 0..n-1 in an order that drifts: each value is displaced by up to a tenth of n, in steps of n / 4096. */
export function drifting(n: number, random: SeededRandom): Float64Array {
  const cells = 4096;
  const slot = new Uint16Array(n);
  const ends = new Uint32Array(cells + 1);
  for (let i = 0; i < n; i++) {
    const place = i / n + (random.uint32() * 2 ** -32 - 0.5) / 5;
    slot[i] = Math.min(cells - 1, Math.max(0, Math.floor(place * cells)));
    ends[slot[i] + 1]++;
  }
  for (let cell = 0; cell < cells; cell++) ends[cell + 1] += ends[cell];
  const values = new Float64Array(n);
  for (let i = 0; i < n; i++) values[ends[slot[i]]++] = i;
  return values;
}

/** Page latencies in tenths of a millisecond: lognormal, median 110 ms, 5 % above 450 ms. */
export function latencies(n: number, random: SeededRandom): Float64Array {
  const values = new Float64Array(n);
  for (let i = 0; i < n; i++) values[i] = Math.round(1100 * Math.exp(random.normal() * 0.857)) / 10;
  return values;
}
