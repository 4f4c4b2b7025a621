/**
 * Merging. Sources that are exact stay exact as long as all values together can be staged; otherwise every source's
 * levels go to the kernel, which takes them in blocks, level by level.
 */
import { F64, HEADER_SLOTS } from '../wasm/abi.js';
import { blockOfImage } from '../wasm/kernel.js';
import { STAGING } from './accumulator.js';
import { type Absorbing, absorb } from './engine.js';
import { isExact, residue } from './exactness.js';
import { NO_VALUES, type SketchImage, type TailsCode } from './image.js';
import { Settling } from './settling.js';
import { SketchState } from './state.js';

/** What a merge takes from a source: its state, and the values staged beside it. */
export interface Mergeable {
  /** Values in all. */
  n: number;
  state: SketchState;
  /** All finite, of weight 1; may be empty. */
  staged: Float64Array;
}

/** A source that was taken as it was. */
export interface Taken {
  n: number;
  state?: undefined;
}

/** What takes compact images as they are, once the kernel is at work. */
export type Take = Absorbing['image'];

/** The sources of a merge in turn; what `next` is given may take one as it is. */
export type Sources = Iterator<Mergeable | Taken, void, Take>;

/** A decoded image as a source. */
export function mergeableImage(image: SketchImage): Mergeable {
  return { n: image.n, state: SketchState.fromImage(image, 0n, 0), staged: NO_VALUES };
}

/** A compact image as a source, decoded in the kernel; undefined where that leaves it to others, to decode or to refuse. */
export function mergeableInKernel(image: Uint8Array): Mergeable | undefined {
  const block = blockOfImage(image);
  if (!block) return undefined;
  const state = new SketchState(0, 0n, 0);
  state.f64 = block;
  state.retained = block.length - HEADER_SLOTS;
  return { n: state.real[F64.n], state, staged: NO_VALUES };
}

export class Merging extends Settling {
  /** This sketch as a source. Holds a view of its staged values: to be used at once. */
  protected get mergeable(): Mergeable {
    return {
      n: this.n,
      state: this.state,
      staged: this.staged ? this.staging.subarray(0, this.staged) : NO_VALUES,
    };
  }

  /**
   * Merges sources into this sketch. When one throws, nothing has changed, provided that nothing was staged beside
   * levels (`spill` first). The observer was told of single adds (`tellAdds` first).
   */
  protected absorb(sources: Sources): void {
    const { state, n: before } = this;
    let n = before;
    /** What the sums of exact sources have beyond their values. */
    let residues = 0;
    const exact = this.staged ? [...this.staging.subarray(0, this.staged)] : [];
    /** The next source, if there is one that n has room for. */
    const next = (take?: Take) => {
      const { value: source } = sources.next(take);
      if (source) {
        this.requireRoomFor(source.n, n - before);
        n += source.n;
      }
      return source;
    };
    let source = next();
    if (!this.levels) {
      for (; source?.state && n <= STAGING && isExact(source.state); source = next()) {
        exact.push(...source.state.items, ...source.staged);
        residues += residue(source.state);
      }
      if (!source) {
        state.real[F64.sum] += residues;
        this.stageOnly(exact);
        this.accounted = this.n;
        return;
      }
    }
    this.change(() => {
      absorb(state, (to) => {
        if (exact.length) to.values(exact);
        for (; source; source = next(to.image)) {
          if (!source.state) continue;
          to.state(source.state);
          if (source.staged.length) to.values(source.staged);
        }
      });
      state.real[F64.sum] += residues;
      this.setStaging();
    });
    this.accounted = this.n;
  }

  /**
   * Stages the values of a small source that is exact, beside levels: no call of the kernel, and no compaction for each of
   * many such merges. There is room for them.
   * @returns whether it was one
   */
  protected stageSource({ n, state, staged }: Mergeable): boolean {
    if (n > STAGING || !isExact(state)) return false;
    this.stage(state.items);
    this.stage(staged);
    this.state.real[F64.sum] += residue(state);
    this.accounted = this.n;
    return true;
  }

  /** Makes this the sketch of an image. Few exact values are staged: such a sketch needs no kernel. */
  protected loadImage(image: SketchImage, seed: bigint | undefined, tails: TailsCode): void {
    this.setStaging();
    this.state = SketchState.fromImage(image, seed, tails);
    this.unspill();
    this.accounted = this.n;
  }
}
