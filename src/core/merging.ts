/**
 * Merging. Sources that are exact stay exact as long as all values together can be staged; otherwise every source's
 * levels go to the kernel, which takes them in blocks, level by level.
 */
import { F64, U8, U32 } from '../wasm/abi.js';
import { STAGING } from './accumulator.js';
import { Merger } from './engine.js';
import { SketchArgumentError } from './errors.js';
import { MAX_N, type SketchImage, type TailsCode } from './image.js';
import { Queries } from './queries.js';
import { SketchState } from './state.js';
import { CompensatedSum } from './sum.js';

/** What a merge takes from a source: an image, and values staged beside its levels. */
export interface Mergeable {
  minK: number;
  n: number;
  sum: number;
  min: number;
  max: number;
  sizes: ArrayLike<number>;
  items: Float64Array;
  /** Values of weight 1 that are not among the items. */
  staged: Float64Array;
  tailGuarantee: TailsCode;
  variance: number;
}

const NOTHING = new Float64Array(0);

/** A decoded image as a source. */
export function mergeableImage(image: SketchImage): Mergeable {
  return { ...image, staged: NOTHING };
}

export class Merging extends Queries {
  /** This sketch as a source. Holds views of its state: to be used at once. */
  protected get mergeable(): Mergeable {
    const { state } = this;
    return {
      minK: this.minK,
      n: this.n,
      sum: this.sum,
      min: this.min,
      max: this.max,
      sizes: state.sizes,
      items: state.items,
      staged: this.staging.subarray(0, this.staged),
      tailGuarantee: state.byte(U8.guarantee) as TailsCode,
      variance: this.variance,
    };
  }

  /**
   * Merges sources into this sketch. When one throws, nothing has changed, provided that nothing was staged beside
   * levels (`spill` first).
   */
  protected absorb(sources: Iterable<Mergeable>): void {
    const { state } = this;
    let { n, min, max, minK } = this;
    let weighted = this.variance * n * n;
    let guarantee = state.byte(U8.guarantee);
    const sum = new CompensatedSum(state.get(F64.sum), state.get(F64.carry));
    for (let i = 0; i < this.staged; i++) sum.add(this.staging[i]);
    let exact: Float64Array[] = this.staged ? [this.staging.slice(0, this.staged)] : [];
    let merger = state.word(U32.levels) > 0 ? new Merger(state) : undefined;
    for (const source of sources) {
      if (n + source.n > MAX_N) {
        throw new SketchArgumentError('ERR_COUNT_OVERFLOW', 'n', `at most 2^53 = ${MAX_N}`, n + source.n);
      }
      if (source.n === 0) continue;
      const isExact = source.sizes.length <= 1 && source.max - source.min < Infinity && source.variance === 0;
      if (!merger && isExact && n + source.n <= STAGING) {
        exact.push(source.items.slice(), source.staged.slice());
      } else {
        merger ??= new Merger(state);
        for (const values of exact) merger.addValues(values);
        exact = [];
        merger.add(source);
        if (source.staged.length) merger.addValues(source.staged);
      }
      if (source.sizes.length > 1) {
        minK = Math.min(minK, source.minK);
        guarantee = Math.min(guarantee, source.tailGuarantee);
      }
      n += source.n;
      weighted += source.variance * source.n * source.n;
      sum.add(source.sum);
      if (!(source.min >= min)) min = source.min;
      if (!(source.max <= max)) max = source.max;
    }
    if (!merger) {
      const known = sum.value;
      state.set(F64.sum, Number.isNaN(known) ? known : 0);
      state.set(F64.carry, 0);
      this.stageOnly(joined(exact));
      return;
    }
    const before = this.observer?.onCompaction ? state.compactions.slice() : undefined;
    merger.finish();
    this.clearStaging();
    state.set(F64.sum, sum.value);
    state.set(F64.carry, 0);
    state.set(F64.min, min);
    state.set(F64.max, max);
    state.set(F64.variance, n === 0 ? 0 : weighted / (n * n));
    state.setWord(U32.minK, Math.min(minK, state.word(U32.minK)));
    state.setByte(U8.guarantee, Math.min(guarantee, state.byte(U8.guarantee)));
    this.touched(before);
  }

  /** Makes this the sketch of an image. Few exact values are staged: such a sketch needs no kernel. */
  protected loadImage(image: SketchImage, seed: bigint, tails: TailsCode): void {
    this.clearStaging();
    this.state = SketchState.fromImage(image, { seed, tails });
    if (image.sizes.length === 0) {
      // An empty image has no levels and no counters.
      this.state.set(F64.sum, 0);
    } else if (image.sizes.length === 1 && image.n <= STAGING) {
      this.unspill();
    }
  }
}

function joined(parts: Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
