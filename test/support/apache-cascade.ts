/**
 * The Apache DataSketches KLL sketch in plain TypeScript: the reference that golden files are reproduced with, the
 * source of foreign images of any shape, and the baseline of accuracy. It shares no code with the library.
 *
 * Source: the algorithm of apache/datasketches-cpp kll_sketch and kll_helper (level capacities, compaction while
 * updating, level-wise merge with general compression).
 */
import type { SketchImage } from '../../src/core/image.js';
import { halveDown, halveUp, mergeSorted, mergeUp, sortRange } from './apache-halving.js';
import { type ApacheType, writeApacheImage } from './apache-image.js';
import { ApacheSortedView } from './apache-sorted-view.js';
import { seededRandom } from './prng.js';

/** Gives the offset of the next compaction. */
export type Coin = () => 0 | 1;

/** 0, 1, 0, 1, ...: what the golden files were written with. */
export function alternatingCoin(): Coin {
  let next: 0 | 1 = 1;
  return () => (next = next === 1 ? 0 : 1);
}

/** Fair and seeded. */
export function randomCoin(seed: number): Coin {
  const random = seededRandom(seed);
  let bits = 0;
  let left = 0;
  return () => {
    if (left === 0) {
      bits = random.uint32();
      left = 32;
    }
    left--;
    const bit = (bits & 1) as 0 | 1;
    bits >>>= 1;
    return bit;
  };
}

const M = 8;

/** Capacity of the level `depth` below the top, in the 64-bit integer arithmetic of the original. */
function capacityAtDepth(k: number, depth: number): number {
  const scale = (value: bigint, by: number): bigint =>
    ((value << BigInt(by + 1)) / 3n ** BigInt(by) + 1n) >> 1n;
  const whole = BigInt(k);
  const scaled = depth <= 30 ? scale(whole, depth) : scale(scale(whole, depth >> 1), depth - (depth >> 1));
  return Math.max(M, Number(scaled));
}

/** Items a sketch of so many levels holds in all. */
export function apacheCapacity(k: number, numLevels: number): number {
  let total = 0;
  for (let depth = 0; depth < numLevels; depth++) total += capacityAtDepth(k, depth);
  return total;
}

/** A merge of levels is given space for this many: 2^60 values. */
const LEVELS_BOUND = 61;

export class ApacheCascade {
  n = 0;
  minK: number;
  min = Number.NaN;
  max = Number.NaN;
  /**
   * One buffer of the total capacity. Free space lies at its bottom; level i is levels[i] .. levels[i + 1]; level 0
   * grows downwards, so its newest item comes first.
   */
  private buffer: Float64Array;
  private levels: number[];
  private readonly capacities: number[] = [];

  constructor(
    readonly k: number,
    private readonly coin: Coin,
  ) {
    for (let depth = 0; depth < LEVELS_BOUND; depth++) this.capacities.push(capacityAtDepth(k, depth));
    this.minK = k;
    this.buffer = new Float64Array(this.capacities[0]);
    this.levels = [this.buffer.length, this.buffer.length];
  }

  /** A sketch that has been read from an image. */
  static fromImage(image: SketchImage, coin: Coin = alternatingCoin()): ApacheCascade {
    const sketch = new ApacheCascade(image.k, coin);
    Object.assign(sketch, { n: image.n, minK: image.minK, min: image.min, max: image.max });
    if (image.n === 0) return sketch;
    sketch.buffer = image.items.slice();
    sketch.levels = [0];
    for (const size of image.sizes) sketch.levels.push(sketch.levels.at(-1)! + size);
    return sketch;
  }

  get numLevels(): number {
    return this.levels.length - 1;
  }
  get numRetained(): number {
    return this.levels[this.numLevels] - this.levels[0];
  }
  get isEstimationMode(): boolean {
    return this.numLevels > 1;
  }
  levelSize(level: number): number {
    return this.levels[level + 1] - this.levels[level];
  }
  /** Retained items as they lie, level 0 first. */
  get retained(): Float64Array {
    return this.buffer.subarray(this.levels[0]);
  }

  update(x: number): void {
    if (Number.isNaN(x)) return;
    if (!(this.min <= x)) this.min = x;
    if (!(this.max >= x)) this.max = x;
    this.n++;
    this.insert(x);
  }

  updateAll(values: Float64Array): void {
    let { min, max } = this;
    const { levels } = this;
    let at = 0;
    while (at < values.length) {
      if (levels[0] === 0) this.compressWhileUpdating();
      const { buffer } = this;
      let free = levels[0];
      while (free > 0 && at < values.length) {
        const x = values[at++];
        if (Number.isNaN(x)) continue;
        if (!(min <= x)) min = x;
        if (!(max >= x)) max = x;
        buffer[--free] = x;
      }
      this.n += levels[0] - free;
      levels[0] = free;
    }
    this.min = min;
    this.max = max;
  }

  private insert(x: number): void {
    if (this.levels[0] === 0) this.compressWhileUpdating();
    this.buffer[--this.levels[0]] = x;
  }

  private capacity(level: number): number {
    return this.capacities[this.numLevels - 1 - level];
  }

  /** Makes room in a full buffer by compacting the lowest level that is due. */
  private compressWhileUpdating(): void {
    let level = 0;
    while (this.levelSize(level) < this.capacity(level)) level++;
    if (level === this.numLevels - 1) this.addTopLevel();
    const { buffer, levels } = this;
    const begin = levels[level];
    const end = levels[level + 1];
    const above = levels[level + 2] - end;
    const odd = (end - begin) & 1;
    const half = (end - begin - odd) >> 1;
    if (level === 0) sortRange(buffer, begin + odd, end);
    if (above === 0) halveUp(buffer, begin + odd, half, this.coin());
    else {
      halveDown(buffer, begin + odd, half, this.coin());
      mergeUp(buffer, begin + odd, half, end, above);
    }
    levels[level + 1] -= half;
    levels[level] = levels[level + 1] - odd;
    if (odd) buffer[levels[level]] = buffer[begin];
    if (level > 0) {
      buffer.copyWithin(levels[0] + half, levels[0], begin);
      for (let below = 0; below < level; below++) levels[below] += half;
    }
  }

  /** Grows the buffer at its bottom by the capacity of the new bottom level. */
  private addTopLevel(): void {
    const added = this.capacities[this.numLevels];
    const grown = new Float64Array(this.buffer.length + added);
    grown.set(this.buffer, added);
    this.buffer = grown;
    for (let i = 0; i < this.levels.length; i++) this.levels[i] += added;
    this.levels.push(grown.length);
  }

  /** Merges another sketch into this one; the other stays as it is. */
  merge(other: ApacheCascade): void {
    if (other.n === 0) return;
    const n = this.n + other.n;
    const levelZero = other.buffer.slice(other.levels[0], other.levels[1]);
    const isEstimationMode = other.isEstimationMode;
    const higher = Array.from({ length: other.numLevels - 1 }, (_, i) =>
      other.buffer.slice(other.levels[i + 1], other.levels[i + 2]),
    );
    if (!(this.min <= other.min)) this.min = other.min;
    if (!(this.max >= other.max)) this.max = other.max;
    const { minK } = other;
    for (const x of levelZero) this.insert(x);
    if (higher.length) this.mergeHigher(higher);
    this.n = n;
    if (isEstimationMode) this.minK = Math.min(this.minK, minK);
  }

  private mergeHigher(higher: Float64Array[]): void {
    const pooled: Float64Array[] = [];
    for (let level = 0; level < Math.max(this.numLevels, higher.length + 1); level++) {
      const own =
        level < this.numLevels
          ? this.buffer.slice(this.levels[level], this.levels[level + 1])
          : new Float64Array();
      const others = level > 0 && level <= higher.length ? higher[level - 1] : new Float64Array();
      pooled.push(mergeSorted(own, others));
    }
    this.compressAll(pooled);
  }

  /** Apache's general compression: one pass upwards that compacts what is due while the whole is too full. */
  private compressAll(pooled: Float64Array[]): void {
    let numLevels = pooled.length;
    let count = pooled.reduce((sum, level) => sum + level.length, 0);
    let target = this.capacities.slice(0, numLevels).reduce((sum, capacity) => sum + capacity, 0);
    for (let level = 0; level < numLevels; level++) {
      const items = pooled[level];
      if (count < target || items.length < this.capacities[numLevels - 1 - level]) continue;
      const odd = items.length & 1;
      const half = (items.length - odd) >> 1;
      if (level === 0) sortRange(items, odd, items.length);
      const above = pooled[level + 1] ?? new Float64Array();
      if (above.length === 0) {
        halveUp(items, odd, half, this.coin());
        pooled[level + 1] = items.slice(odd + half);
      } else {
        halveDown(items, odd, half, this.coin());
        pooled[level + 1] = mergeSorted(items.subarray(odd, odd + half), above);
      }
      pooled[level] = items.slice(0, odd);
      count -= half;
      if (level === numLevels - 1) target += this.capacities[numLevels++];
    }
    this.buffer = new Float64Array(target);
    this.levels = [target - count];
    let at = target - count;
    for (let level = 0; level < numLevels; level++) {
      this.buffer.set(pooled[level], at);
      at += pooled[level].length;
      this.levels.push(at);
    }
  }

  /** The state in the library's form: each level ascending, empty top levels left off. */
  toImage(): SketchImage {
    const sizes: number[] = [];
    for (let level = 0; level < this.numLevels; level++) sizes.push(this.levelSize(level));
    while (sizes.at(-1) === 0) sizes.pop();
    const items = this.retained.slice();
    items.subarray(0, sizes[0]).sort();
    return {
      k: this.k,
      minK: this.minK,
      n: this.n,
      sum: this.n === 0 ? 0 : Number.NaN,
      min: this.min,
      max: this.max,
      sizes: Uint32Array.from(sizes),
      items,
      tailGuarantee: 0,
      variance: 0,
    };
  }

  /**
   * The state as an Apache image.
   * @param options.sortLevelZero write level 0 ascending and say so in the flags, as a sketch does whose level 0 was
   *   sorted by a query; otherwise newest first, as it lies
   */
  toBytes(type: ApacheType, options: { sortLevelZero?: boolean } = {}): Uint8Array {
    const items = this.retained.slice();
    if (options.sortLevelZero) items.subarray(0, this.levelSize(0)).sort();
    return writeApacheImage(type, {
      k: this.k,
      minK: this.minK,
      n: BigInt(this.n),
      offsets: this.levels.slice(0, -1),
      min: this.min,
      max: this.max,
      items,
      levelZeroSorted: options.sortLevelZero === true,
    });
  }

  /** Retained items ascending, each with the weight up to and including it. */
  sortedView(): ApacheSortedView {
    return new ApacheSortedView(this.toImage());
  }
  rank(x: number, inclusive = true): number {
    return this.sortedView().rank(x, inclusive);
  }
  quantile(rank: number, inclusive = true): number {
    return this.sortedView().quantile(rank, inclusive);
  }
}
