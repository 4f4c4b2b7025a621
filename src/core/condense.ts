/**
 * Condensing: one systematic resample of sorted weighted items into a smaller set of levels. Chunks of equal size
 * cover the items from end to end and give one item each; at protected ends, and where n is not a multiple of the
 * chunk, smaller chunks stand. The grid's random phase makes the copy unbiased at every rank, provided that what
 * the phase calls for lies right: chunks give their middle, which leaves the values between the last smaller chunk and the first
 * middle to nobody for half of all phases. Where a bit of the phase calls for a chunk of w, and the smaller ones end r values into
 * its grid, it gives the item (w - r) / 2 from where they end: over all phases every value is then stood for once, and the
 * variance is nowhere above the w^2 / 12 of a middle (test/support/condense-bias.ts goes through all of them). A bias of w / 8
 * would stay when a thousand copies are merged, where random errors cancel.
 *
 *    low | 1 2 4 .. (f each, both)  + phase bits | q chunks of c = 2^H | (s - phase) bits + .. 4 2 1 (f each) | high
 */
import { totalCapacity } from './capacity.js';
import { MAX_LEVELS, type TailsCode } from './image.js';
import type { SortedView } from './sorted-view.js';
import type { SketchState } from './state.js';

export interface CondenseLayout {
  /** Level of the large chunks: they hold 2^levels values. */
  height: number;
  /** Chunks of each smaller size at a protected end. */
  ramp: number;
  /** Number of large chunks. */
  chunks: number;
  /** Values left over beside ramps and large chunks: 2^height <= slack < 2^(height + 1). */
  slack: number;
}

export interface Condensed {
  sizes: Uint32Array;
  /** Level 0 first, each level ascending. */
  items: Float64Array;
}

/** Ramp items wanted at a protected end for an image of k: 6 at k = 200, twice that for sharp tails. */
export function wantedRamp(k: number, tails: TailsCode, sharp: boolean): number {
  return tails && Math.max(1, Math.round(((sharp ? 12 : 6) * k) / 200));
}

/**
 * The finest layout whose items fit the Apache capacity of k for any phase.
 * @param n values to cover, more than the one level of an image of k holds
 * @param wanted ramp items at a protected end; fewer where so many leave no room
 */
export function planCondense(n: number, k: number, tails: TailsCode, wanted: number): CondenseLayout {
  for (let floor = wanted; ; floor >>= 1) {
    for (let height = 1; height < MAX_LEVELS - 1; height++) {
      const c = 2 ** height;
      const room = totalCapacity(k, height + 1);
      let best: CondenseLayout | undefined;
      // The count is not monotone in the ramp: scan up. A ramp that leaves no two large chunks ends the scan.
      for (let ramp = tails && floor; ; ramp++) {
        const rest = n - tails * ramp * (c - 1);
        if (rest < 2 * c) break;
        const chunks = Math.floor(rest / c) - 1;
        const slack = rest - chunks * c;
        const bulk = tails * ramp * height + chunks + height;
        if (bulk < room && bulk + popcount(slack) <= room) {
          best = { height, ramp, chunks, slack };
        }
        // From height 2 on another ramp item costs more than the chunks it saves.
        if (!tails || tails * ramp * height > room || (height > 1 && bulk > room + 2)) break;
      }
      if (best) return best;
    }
    // Never, for k >= 8: with a ramp of 1 some height always fits. Said rather than assumed.
    if (floor <= 1) throw new RangeError(`no layout for ${n} values`);
  }
}

/** Ones among the bits of a whole number: so many smaller chunks a slack of that length is cut into. */
export function popcount(x: number): number {
  let count = 0;
  for (; x > 0; x = Math.floor(x / 2)) count += x % 2;
  return count;
}

/** The layout for an image of k. */
export function planForK(n: number, k: number, tails: TailsCode, sharp: boolean): CondenseLayout {
  return planCondense(n, k, tails, wantedRamp(k, tails, sharp));
}

/** Condenses with a phase and a coin from a state's generator, which advances. */
export function condenseBy(
  state: SketchState,
  view: SortedView,
  layout: CondenseLayout,
  tails: TailsCode,
): Condensed {
  const phase = Math.floor(state.drawShare() * 2 ** layout.height);
  return condense(view, layout, tails, phase, Number(state.draw() >> 63n));
}

/**
 * Lays the chunks over the items of a view and takes one item of each.
 * @param phase where the large chunks begin: floor(u 2^height), u uniform in [0, 1)
 * @param coin 0 or 1: which of the two middle positions of a chunk is taken
 */
export function condense(
  view: Pick<SortedView, 'items' | 'weights'>,
  layout: CondenseLayout,
  tails: TailsCode,
  phase: number,
  coin: number,
): Condensed {
  const { height, ramp, chunks, slack } = layout;
  const levels: number[][] = Array.from({ length: height + 1 }, () => []);
  const { items, weights } = view;
  let at = 0; // position in the view
  let start = 0; // values covered so far
  /** @param off twice what the items lie behind the middle of their chunks */
  const take = (level: number, count: number, off = 0) => {
    const size = 2 ** level;
    const within = level && (size + off) / 2 - coin;
    for (; count > 0; count--) {
      // Their difference is exact; from 2^52 values on the sum of a place and half a place is not.
      while (weights[at] - start <= within) at++;
      levels[level].push(items[at]);
      start += size;
    }
  };
  const bit = (x: number, level: number) => Math.floor(x / 2 ** level) % 2;
  const after = slack - phase;
  for (let j = 0; j < height; j++) {
    take(j, tails === 2 ? ramp : 0);
    take(j, bit(phase, j), -phase % 2 ** j);
  }
  take(height, chunks + bit(after, height));
  for (let j = height - 1; j >= 0; j--) {
    // One more is half a place: it makes of the lower of two middles, seen from the other end, the upper.
    take(j, bit(after, j), (after % 2 ** j) + 1);
    take(j, tails && ramp);
  }
  return {
    sizes: new Uint32Array(levels.map((level) => level.length)),
    // levels.flat() alone takes longer than all of the above: 41 us, where this takes 0.2.
    items: new Float64Array(([] as number[]).concat(...levels)),
  };
}
