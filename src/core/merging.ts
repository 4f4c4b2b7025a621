/**
 * Merging. Sources that are exact stay exact as long as all values together can be staged; otherwise every source's
 * levels go to the kernel, which takes them in blocks, level by level.
 */
import { F64, U32 } from '../wasm/abi.js';
import { residue, STAGING } from './accumulator.js';
import { Merger } from './engine.js';
import type { SketchImage, TailsCode } from './image.js';
import { Queries } from './queries.js';
import { SketchState } from './state.js';

/** What a merge takes from a source: its state, and the values staged beside it. */
export interface Mergeable {
  state: SketchState;
  /** All finite, of weight 1; may be empty. */
  staged: Float64Array;
}

const NOTHING = new Float64Array(0);

/** A decoded image as a source. */
export function mergeableImage(image: SketchImage): Mergeable {
  return { state: SketchState.fromImage(image, { seed: 0n, tails: 0 }), staged: NOTHING };
}

export class Merging extends Queries {
  /** This sketch as a source. Holds a view of its staged values: to be used at once. */
  protected get mergeable(): Mergeable {
    return { state: this.state, staged: this.staging.subarray(0, this.staged) };
  }

  /**
   * Merges sources into this sketch. When one throws, nothing has changed, provided that nothing was staged beside
   * levels (`spill` first).
   */
  protected absorb(sources: Iterable<Mergeable>): void {
    this.tellAdds();
    const { state } = this;
    let { n } = this;
    let sum = state.get(F64.sum);
    let exact = this.staged ? [this.staging.slice(0, this.staged)] : [];
    let merger: Merger | undefined;
    if (state.word(U32.levels) > 0) merger = new Merger(state);
    for (const source of sources) {
      const added = source.state.get(F64.n) + source.staged.length;
      this.requireRoomFor(added, n - this.n);
      n += added;
      if (!merger && n <= STAGING && isExact(source.state)) {
        exact.push(source.state.items.slice(), source.staged.slice());
        sum += residue(source.state);
        continue;
      }
      merger ??= new Merger(state);
      for (const values of exact) merger.addValues(values);
      exact = [];
      merger.add(source.state);
      if (source.staged.length) merger.addValues(source.staged);
    }
    if (!merger) {
      state.set(F64.sum, sum);
      this.stageOnly(joined(exact));
      this.accounted = this.n;
      return;
    }
    const before = this.compactionsBefore();
    merger.finish();
    this.clearStaging();
    this.touched(before);
    this.accounted = this.n;
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
    this.accounted = this.n;
  }
}

/** Whether a state's values are all still there, and may be staged. */
function isExact(state: SketchState): boolean {
  const isInfinite = Math.abs(state.get(F64.min)) === Infinity || Math.abs(state.get(F64.max)) === Infinity;
  return state.word(U32.levels) < 2 && !isInfinite;
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
