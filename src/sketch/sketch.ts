/** The sketch that users hold: adding and asking (core), merging, condensing, and its forms at rest (wire). */
import { totalCapacity } from '../core/capacity.js';
import { condenseBy, planForK } from '../core/condense.js';
import { type DebugState, debugLevels } from '../core/debug-state.js';
import { fitToApache } from '../core/engine.js';
import { SketchDataError } from '../core/errors.js';
import { NO_VALUES, type SketchImage, TAILS_NAMES, type TailsCode } from '../core/image.js';
import { type Mergeable, Merging, mergeableImage, type Take, type Taken } from '../core/merging.js';
import { stopwatch, watched, watchedDecode } from '../core/notify.js';
import type { MergeEvent } from '../core/observer.js';
import {
  gathered,
  isBytes,
  type LoadOptions,
  type ReadLimits,
  requireBytes,
  requireOptions,
  type SketchOptions,
  toK,
  toMaxK,
  toSkip,
  toTails,
} from '../core/options.js';
import type { OwnBytes } from '../core/own-bytes.js';
import { toSeed } from '../core/random.js';
import { gridVariance } from '../core/variance.js';
import { F64, U8 } from '../wasm/abi.js';
import { fromBase64Url, toBase64Url } from '../wire/base64url.js';
import { decodeCompact } from '../wire/compact-decode.js';
import { encodeCompact } from '../wire/compact-encode.js';
import { type Precision, precisionByte } from '../wire/precision.js';
import { largestK, type MergeAllOptions } from './merge-options.js';

/** What can be merged: a sketch, or the compact image of one. */
export type MergeSource = KllSketch | Uint8Array;

export interface BytesOptions {
  /** Rounds what is written to so many mantissa bits (1..51) or decimals (0..22). */
  precision?: Precision | undefined;
  /**
   * Whether the image goes on exactly as this sketch would. Default: true, but for condensed images; never in rounded
   * ones, nor in empty ones: what is loaded from those draws a seed of its own, or takes that of `LoadOptions`.
   */
  state?: boolean | undefined;
  /** Whether the sum of the values travels. Default true. */
  sum?: boolean | undefined;
}

/** What `toJSON` gives. */
export interface SketchJSON {
  format: 'kll-wasm/1';
  /** The compact image in base64url. */
  bytes: string;
}

const FORMAT = 'kll-wasm/1';
const EMPTY_LEVELS = { sizes: new Uint32Array(0), items: NO_VALUES };

/**
 * A KLL quantile sketch of numbers (Karnin, Lang, Liberty 2016): any quantile of any number of values, in a few
 * kilobytes, mergeable in any order.
 *
 * What it guarantees: `n`, `min` and `max` are exact; up to 1024 values every answer is; beyond that a rank is off
 * by at most `rankError()` with 99 % confidence. What it does not: an error relative to the *value* asked for.
 *
 * @example
 * const sketch = new KllSketch({ k: 200 });
 * sketch.extend([12.1, 15.8, 11.9]).add(230);
 * sketch.quantile(0.99); // 230
 */
export class KllSketch extends Merging {
  /**
   * @param options k 8..65535 (default 200), seed, tails (default 'high'), observer
   * @throws SketchArgumentError ERR_ARGUMENT_TYPE, ERR_ARGUMENT_RANGE
   */
  constructor(options: SketchOptions = {}) {
    super(options);
  }

  /**
   * Merges another sketch, or the bytes of one, into this one. The other is not changed.
   * @param options maxK: largest k of bytes
   * @throws SketchArgumentError ERR_ARGUMENT_TYPE, ERR_COUNT_OVERFLOW
   * @throws SketchDataError when bytes are refused; nothing has changed then
   */
  merge(other: MergeSource, options: ReadLimits = {}): this {
    const maxK = toMaxK(options);
    // Whoever is told may use the kernel, and the other sketch: not while a merge does.
    if (other instanceof KllSketch) other.tellAdds();
    this.tellAdds();
    return this.#watchedMerge(() => {
      const source = other instanceof KllSketch ? other : mergeableBytes(other, maxK);
      // Anew after spilling, for it may be this sketch itself.
      const mergeable = () => (source as KllSketch).mergeable ?? source;
      this.requireRoomFor(source.n);
      if (this.levels) {
        if (this.staged + source.n > this.stageable) this.spill();
        if (this.stageSource(mergeable())) return;
        // Spilling moves values into blocks: nothing may be refused behind it.
        this.spill();
      }
      const { variance } = this;
      this.absorb([mergeable()].values());
      // What is off is so twice.
      if (source === this) this.state.real[F64.variance] = variance;
    }, 1);
  }

  /**
   * Merges many sketches and compact images into a new one, in one pass: more accurate and faster than one by one.
   * @param sources sketches or bytes; they are not changed
   * @param options k (default: the largest source's), tails (default 'high'), seed, observer; maxK: largest k of bytes;
   * `invalid: 'skip'` leaves out bytes that are refused and reports them by `onSkip` and the observer
   * @throws SketchArgumentError, SketchDataError: a refused source is named by its position
   */
  static mergeAll(sources: Iterable<MergeSource>, options: MergeAllOptions = {}): KllSketch {
    const maxK = toMaxK(options);
    const skip = toSkip(options.invalid);
    const list = gathered(sources, 'sources', 'an array or iterable of sketches and bytes') as MergeSource[];
    const { k = largestK(list, maxK), onSkip, shards } = options;
    const sketch = new KllSketch({ ...options, k });
    for (const source of list) if (source instanceof KllSketch) source.tellAdds();
    const skips: [position: number, error: SketchDataError][] = [];
    const mergeables = function* (): Generator<Mergeable | Taken, void, Take> {
      let take: Take;
      // The largest first: only the first may be gone on with.
      const sizes = list.map(sizeOf);
      for (const i of [...list.keys()].sort((a, b) => sizes[b]! - sizes[a]!)) {
        const source = list[i];
        try {
          const n = isBytes(source) && take?.(source, maxK);
          take = yield n
            ? { n }
            : source instanceof KllSketch
              ? source.mergeable
              : mergeableBytes(source, maxK, i);
        } catch (error) {
          if (!skip || !(error instanceof SketchDataError)) throw error;
          skips.push([i, error]);
        }
      }
    };
    sketch.#watchedMerge(() => sketch.absorb(mergeables()), list.length, skips, shards);
    // Not before: whoever is told may use the kernel for sketches of their own.
    for (const skipped of skips.sort(([a], [b]) => a - b)) onSkip?.(...skipped);
    return sketch;
  }

  /**
   * A small copy to send, many times more accurate than a sketch that lived at that size. It carries no state, and
   * its variance travels along. Advances this sketch's generator. Condense to send, never to keep.
   * @param k size of the copy: it fits the Apache image of that k
   * @param options sharp: twice the items at the protected ends
   * @throws SketchArgumentError ERR_ARGUMENT_TYPE, ERR_ARGUMENT_RANGE for a k outside 8..65535
   */
  condense(k: number, options: { sharp?: boolean | undefined } = {}): KllSketch {
    toK(k);
    requireOptions(options);
    const seconds = stopwatch(this.observer);
    this.tellAdds();
    if (this.levels) this.settle();
    const { n, state, observer } = this;
    // The view first: where a host refuses memory for it, nothing has changed.
    const isSampled = this.numRetained > totalCapacity(k, this.numLevels) && this.view;
    const copy = this.#sibling(k, state.draw());
    const image: SketchImage = { ...this.#header(), k, ...EMPTY_LEVELS };
    if (isSampled) {
      const tails = image.tailGuarantee;
      const layout = planForK(n, k, tails, options.sharp === true);
      Object.assign(image, condenseBy(state, this.view, layout, tails));
      image.variance += gridVariance(layout.height, n);
    } else {
      Object.assign(image, this.#levels());
    }
    copy.loadImage(image, copy.seed, state.byte[U8.tails] as TailsCode);
    copy.condensedN = n;
    observer?.onCondense?.({
      fromItems: this.numRetained,
      toItems: copy.numRetained,
      variance: image.variance,
      excessive: image.variance > 2 * gridVariance(image.sizes.length - 1, n),
      seconds: seconds(),
    });
    return copy;
  }

  /**
   * An independent copy, generator included: fed the same, both go on to the same bytes. It takes in what is staged, so bytes
   * that are taken later may differ from those without a clone.
   */
  clone(): KllSketch {
    this.tellAdds();
    // What is exact stays so, here and there.
    if (this.levels) this.settle();
    const copy = this.#sibling(this.k, 0n);
    copy.state = this.state.clone();
    copy.stageOnly(this.staging.subarray(0, this.staged));
    copy.condensedN = this.condensedN;
    copy.rejected = this.rejected;
    copy.accounted = copy.n;
    return copy;
  }

  /**
   * The compact image: checksummed, as small as we can make it (docs/formats.md). Taking it brings this sketch to the form
   * its bytes have: one that holds more than k values, and was exact with up to 1024, is an estimate from then on.
   * @throws SketchArgumentError ERR_ARGUMENT_TYPE; ERR_ARGUMENT_RANGE for a precision outside its range
   */
  toBytes(options: BytesOptions = {}): OwnBytes {
    requireOptions(options);
    const { precision, sum } = options;
    if (precision !== undefined) precisionByte(precision);
    const seconds = stopwatch(this.observer);
    const { condensedN, n } = this;
    const state = options.state ?? !(condensedN === n || precision);
    const bytes = encodeCompact(this.toImage(), { precision, sum, state });
    this.observer?.onSerialize?.({ bytes: bytes.length, n, seconds: seconds() }, this);
    return bytes;
  }

  /**
   * The sketch of a compact image.
   * @param bytes what `toBytes` gave
   * @throws SketchDataError with a code for everything that can be wrong with bytes; SketchArgumentError for what are no bytes
   */
  static fromBytes(bytes: Uint8Array, options: LoadOptions = {}): KllSketch {
    requireOptions(options);
    requireBytes(bytes);
    const maxK = toMaxK(options);
    return KllSketch.fromImage(
      watchedDecode(bytes, () => decodeCompact(bytes, { maxK }), options.observer),
      options,
    );
  }

  /** `{ format, bytes }`, so that JSON.stringify keeps the sketch whole. It brings this sketch to the form that `toBytes` does. */
  toJSON(): SketchJSON {
    return { format: FORMAT, bytes: toBase64Url(this.toBytes()) };
  }

  /**
   * @param json what `toJSON` gave, parsed
   * @throws SketchDataError ERR_TEXT, and those of `fromBytes`
   */
  static fromJSON(json: unknown, options: LoadOptions = {}): KllSketch {
    const { format, bytes } = (json ?? {}) as Partial<SketchJSON>;
    if (format !== FORMAT || typeof bytes !== 'string') {
      throw new SketchDataError(
        'ERR_TEXT',
        `expected { format: '${FORMAT}', bytes: string }, found another shape`,
      );
    }
    return KllSketch.fromBytes(fromBase64Url(bytes), options);
  }

  /** The sketch at rest, decoded: what encoders take. It brings this sketch to the form that `toBytes` does. */
  toImage(): SketchImage {
    this.settle();
    return this.#image();
  }

  /**
   * The sketch of an image: what `toImage` gave, or what a program made by itself. It is taken as it is: what `fromBytes` checks of bytes
   * must hold of it (docs/formats.md).
   */
  static fromImage(image: SketchImage, options: LoadOptions = {}): KllSketch {
    requireOptions(options);
    const { state, k, tailGuarantee } = image;
    const tails = options.tails === undefined ? (state?.tails ?? tailGuarantee) : toTails(options.tails);
    const seed = state && options.seed === undefined ? state.seed : toSeed(options.seed);
    const sketch = new KllSketch({ ...options, k, seed, tails: TAILS_NAMES[tails] });
    sketch.loadImage(image, seed, tails);
    return sketch;
  }

  /**
   * A copy of the levels compacted to the Apache capacity of k: what `toDataSketches` writes. It brings this sketch to the form
   * that `toBytes` does; of more than k values it needs WebAssembly.
   */
  toApacheImage(): SketchImage {
    this.settle();
    if (!this.levels) return this.#image();
    const copy = this.clone();
    copy.state = fitToApache(this.state);
    return copy.toImage();
  }

  /** Plain data about the sketch, for people. */
  debugState(): DebugState {
    const { k, minK, n, tails, tailGuarantee, variance, staged, state, levels } = this;
    const sizes = levels ? Array.from(state.sizes) : [0];
    sizes[0] += staged;
    return {
      k,
      minK,
      n,
      seed: String(this.seed),
      tails,
      tailGuarantee,
      variance,
      staged,
      retained: this.numRetained,
      bytes: state.f64.byteLength + this.staging.byteLength,
      rankError: this.rankError(),
      levels: debugLevels(k, n, tails, sizes, state.compactions),
    };
  }

  /** Every item, ascending, with the number of values it stands for. */
  *[Symbol.iterator](): IterableIterator<{ item: number; weight: number }> {
    if (this.isEmpty) return;
    const { items, weights } = this.view;
    // All at once: whoever iterates may use other sketches meanwhile, and the view is lost then.
    yield* Array.from(items, (item, i) => ({ item, weight: weights[i] - (i && weights[i - 1]) }));
  }

  /** Another sketch with the same policy and observer. */
  #sibling(k: number, seed: bigint): KllSketch {
    const { tails, observer } = this;
    return new KllSketch({ k, seed, tails, observer });
  }

  /** The image as things are now. */
  #image(): SketchImage {
    const { block } = this.state;
    if (!this.levels && this.staged) block.compactions = new Uint32Array(1);
    return { ...this.#header(), ...this.#levels(), state: block };
  }

  /** What an image has beside levels and state. */
  #header() {
    const { k, minK, n, sum, min, max, variance, levels } = this;
    const tailGuarantee = this.state.byte[levels > 1 ? U8.guarantee : U8.tails] as TailsCode;
    return { k, minK, n, sum, min, max, variance, tailGuarantee };
  }

  /** Levels as they are now: staged values are level 0 of a sketch that has no others. */
  #levels(): Pick<SketchImage, 'sizes' | 'items'> {
    const { state, staged, levels } = this;
    return {
      sizes: levels || !staged ? state.sizes.slice() : Uint32Array.of(staged),
      items: levels ? state.items.slice() : this.staging.slice(0, staged).sort(),
    };
  }

  /** Merges by `work`, and tells the observer of it, or of its failure. */
  #watchedMerge(
    work: () => void,
    sources: number,
    refused: MergeEvent['refused'] = [],
    shards?: readonly string[],
  ): this {
    const { observer, n, minK, tailGuarantee } = this;
    watched(observer, work, (outcome, seconds) =>
      observer?.onMerge?.(
        {
          sources: sources - refused.length,
          refused,
          shards,
          values: this.n - n,
          outcome,
          seconds,
          minKBefore: minK,
          minKAfter: this.minK,
          tailGuaranteeBefore: tailGuarantee,
          tailGuaranteeAfter: this.tailGuarantee,
        },
        this,
      ),
    );
    return this;
  }
}

/** n of a sketch; of bytes their length, for they are not decoded for it. */
function sizeOf(source: MergeSource): number {
  return source instanceof KllSketch ? source.n : isBytes(source) ? source.length : 0;
}

/** Bytes as a source of a merge; an error names the source's position where there are several. */
function mergeableBytes(bytes: unknown, maxK: number, position?: number): Mergeable {
  requireBytes(bytes, position === undefined ? 'other' : 'sources', 'a KllSketch or a Uint8Array', position);
  try {
    return mergeableImage(decodeCompact(bytes as Uint8Array, { maxK }));
  } catch (error) {
    if (!(error instanceof SketchDataError)) throw error;
    throw new SketchDataError(error.code, error.what, error.offset, position);
  }
}
