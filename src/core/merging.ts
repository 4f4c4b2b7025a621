/**
 * Merging. Sources that are exact stay exact as long as all values together can be staged; otherwise every source's
 * levels go to the kernel, which takes them in blocks, level by level.
 */
import { F64, HEADER_SLOTS, U8, U32, U64 } from '../wasm/abi.js';
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
    // A source that is gone on with keeps what its protected ends hold. Taken as any other it would be sampled again, each time
    // that little is merged with it.
    const first = source?.state;
    const base = first && isBaseOf(first, state) ? goOnFrom(first, state) : state;
    this.state = base;
    this.change(() => {
      try {
        absorb(base, (to) => {
          if (exact.length) to.values(exact);
          for (; source; source = next(to.image)) {
            if (!source.state) continue;
            // Where the first is gone on with, what this sketch was is taken in its place.
            to.state(base !== state && source.state === first ? state : source.state);
            if (source.staged.length) to.values(source.staged);
          }
        });
      } catch (error) {
        this.state = state;
        throw error;
      }
      base.real[F64.sum] += residues;
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

/** Whether to go on from a source rather than take it: it is larger, and lost nothing that this sketch would have kept. */
function isBaseOf(source: SketchState, { real, word, byte }: SketchState): boolean {
  return (
    source.word[U32.levels] > 1 &&
    source.word[U32.k] === word[U32.k] &&
    source.byte[U8.guarantee] >= byte[U8.tails] &&
    source.real[F64.n] > real[F64.n] &&
    !source.real[F64.variance]
  );
}

/** A source's values and compactions, under the policy and the generator of another state. */
function goOnFrom(source: SketchState, { byte, long }: SketchState): SketchState {
  const base = source.clone();
  // Generator, seed and pending offset.
  base.long.set(long.subarray(U64.generator, U64.offset + 1), U64.generator);
  base.byte[U8.tails] = byte[U8.tails];
  base.byte[U8.phase] = byte[U8.phase];
  base.byte[U8.guarantee] = Math.min(base.byte[U8.guarantee], byte[U8.guarantee]);
  return base;
}
