/** The sketch that users hold: adding and asking (core), merging, condensing, and its forms at rest (wire). */
import { totalCapacity } from '../core/capacity.js';
import { condense, planForK } from '../core/condense.js';
import { type DebugState, debugLevels } from '../core/debug-state.js';
import { fitToApache } from '../core/engine.js';
import { SketchArgumentError, SketchDataError } from '../core/errors.js';
import { type SketchImage, TAILS_NAMES, type Tails, type TailsCode } from '../core/image.js';
import { type Mergeable, Merging, mergeableImage } from '../core/merging.js';
import { Stopwatch } from '../core/notify.js';
import type { MergeEvent } from '../core/observer.js';
import {
  isIterable,
  type LoadOptions,
  requireOptions,
  type SketchOptions,
  toK,
  toSkip,
  toTails,
} from '../core/options.js';
import { randomSeed, toSeed } from '../core/random.js';
import { F64, U8, U32, U64 } from '../wasm/abi.js';
import { fromBase64Url, toBase64Url } from '../wire/base64url.js';
import { decodeCompact } from '../wire/compact-decode.js';
import { encodeCompact } from '../wire/compact-encode.js';
import { type Precision, precisionByte } from '../wire/precision.js';
import { largestK, type MergeAllOptions } from './merge-options.js';

/** What can be merged: a sketch, or the compact image of one. */
export type MergeSource = KllSketch | Uint8Array;

export interface BytesOptions {
  /** Rounds what is written to so many mantissa bits (1..51) or decimals (0..22). */
  precision?: Precision;
  /** Whether the image goes on exactly as this sketch would. Default: true, but for condensed and rounded images. */
  state?: boolean;
  /** Whether the sum of the values travels. Default true. */
  sum?: boolean;
}

/** What `toJSON` gives. */
export interface SketchJSON {
  format: 'kll-wasm/1';
  /** The compact image in base64url. */
  bytes: string;
}

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

  /** What the generator started from, unsigned 64 bits. */
  get seed(): bigint {
    return this.state.long(U64.seed);
  }

  /**
   * Merges another sketch, or the bytes of one, into this one. The other is not changed.
   * @throws SketchArgumentError ERR_ARGUMENT_TYPE, ERR_COUNT_OVERFLOW
   * @throws SketchDataError when bytes are refused; nothing has changed then
   */
  merge(other: MergeSource): this {
    const watch = new Stopwatch(this.observer);
    const { minK, n, tailGuarantee } = this;
    const decoded = other instanceof KllSketch ? undefined : mergeableBytes(other);
    // Spilling moves values into blocks: nothing may be refused behind it.
    this.requireRoomFor(decoded ? decoded.state.get(F64.n) : (other as KllSketch).n);
    if (this.state.word(U32.levels) > 0) this.spill();
    const source = decoded ?? (other as KllSketch).mergeable;
    this.absorb([source]);
    this.#toldMerge(
      { sources: 1, skipped: 0, values: this.n - n, seconds: watch.seconds },
      minK,
      tailGuarantee,
    );
    return this;
  }

  /**
   * Merges many sketches and compact images into a new one, in one pass: more accurate and faster than one by one.
   * @param sources sketches or bytes; they are not changed
   * @param options k (default: the largest source's), tails (default 'high'), seed, observer; `invalid: 'skip'`
   * leaves out bytes that are refused and reports them by `onSkip` and the observer
   * @throws SketchArgumentError, SketchDataError: a refused source is named by its position
   */
  static mergeAll(sources: Iterable<MergeSource>, options: MergeAllOptions = {}): KllSketch {
    requireOptions(options);
    const skip = toSkip(options.invalid);
    const watch = new Stopwatch(options.observer);
    if (!isIterable(sources)) {
      throw new SketchArgumentError(
        'ERR_ARGUMENT_TYPE',
        'sources',
        'an array or iterable of sketches and bytes',
        sources,
      );
    }
    const list = Array.from(sources);
    const sketch = new KllSketch({ ...options, k: options.k === undefined ? largestK(list) : options.k });
    const { minK, tailGuarantee } = sketch;
    const skips: [position: number, error: SketchDataError][] = [];
    const mergeables = function* (): Generator<Mergeable> {
      for (let i = 0; i < list.length; i++) {
        const source = list[i];
        if (source instanceof KllSketch) {
          yield source.mergeable;
          continue;
        }
        let decoded: Mergeable;
        try {
          decoded = mergeableBytes(source, i);
        } catch (error) {
          if (!skip || !(error instanceof SketchDataError)) throw error;
          skips.push([i, error]);
          continue;
        }
        yield decoded;
      }
    };
    sketch.absorb(mergeables());
    // Not before: whoever is told may use the kernel for sketches of their own.
    for (const [position, error] of skips) options.onSkip?.(position, error);
    const skipped = skips.length;
    const told = { sources: list.length, skipped, values: sketch.n, seconds: watch.seconds };
    sketch.#toldMerge(told, minK, tailGuarantee, options.shards);
    return sketch;
  }

  /**
   * A small copy to send, many times more accurate than a sketch that lived at that size. It carries no state, and
   * its variance travels along. Advances this sketch's generator. Condense to send, never to keep.
   * @param k size of the copy: it fits the Apache image of that k
   * @param options sharp: twice the items at the protected ends
   */
  condense(k: number, options: { sharp?: boolean } = {}): KllSketch {
    toK(k);
    requireOptions(options);
    const watch = new Stopwatch(this.observer);
    if (this.state.word(U32.levels) > 0) this.settle();
    const { n, state } = this;
    const copy = new KllSketch({ k, seed: state.draw(), tails: this.tails });
    if (this.observer) copy.observer = this.observer;
    const estimating = this.isEstimating;
    const sizes = estimating ? state.sizes : [n];
    let image: SketchImage;
    const tails = (estimating ? state.byte(U8.guarantee) : state.byte(U8.tails)) as TailsCode;
    const common = { k, minK: this.minK, n, sum: this.sum, min: this.min, max: this.max };
    if (n <= 1 || fits(k, sizes, this.numRetained)) {
      image = {
        ...this.toLevels(),
        ...common,
        tailGuarantee: state.byte(U8.guarantee) as TailsCode,
        variance: this.variance,
      };
    } else {
      const layout = planForK(n, k, tails, options.sharp === true);
      const phase = Math.floor((Number(state.draw() >> 11n) / 2 ** 53) * 2 ** layout.height);
      const coin = Number(state.draw() >> 63n);
      const step = (2 ** layout.height / n) ** 2 / 12;
      const { sizes: condensed, items } = condense(this.view, layout, tails, phase, coin);
      image = { ...common, sizes: condensed, items, tailGuarantee: tails, variance: this.variance + step };
    }
    copy.loadImage(image, copy.seed, state.byte(U8.tails) as TailsCode);
    copy.condensedN = copy.n;
    if (this.observer?.onCondense) {
      const single = ((2 ** (image.sizes.length - 1) / n) ** 2 / 12) * 2;
      this.observer.onCondense({
        fromItems: this.numRetained,
        toItems: copy.numRetained,
        variance: image.variance,
        excessive: n > 0 && image.variance > single,
        seconds: watch.seconds,
      });
    }
    return copy;
  }

  /** An independent copy, generator included: fed the same, both go on to the same bytes. */
  clone(): KllSketch {
    this.settle();
    const copy = new KllSketch({ k: this.k, seed: 0 });
    copy.state = this.state.clone();
    if (this.staged) copy.stageOnly(this.staging.subarray(0, this.staged));
    copy.condensedN = this.condensedN;
    copy.accounted = copy.n;
    if (this.observer) copy.observer = this.observer;
    return copy;
  }

  /**
   * The compact image: checksummed, as small as we can make it (docs/formats.md).
   * @throws SketchArgumentError ERR_ARGUMENT_RANGE for a precision outside its range
   */
  toBytes(options: BytesOptions = {}): Uint8Array {
    requireOptions(options);
    if (options.precision !== undefined) precisionByte(options.precision);
    const watch = new Stopwatch(this.observer);
    const condensed = this.condensedN === this.n;
    const image = this.toImage();
    const bytes = encodeCompact(image, {
      ...(options.precision ? { precision: options.precision } : {}),
      state: options.state ?? !(condensed || options.precision),
      sum: options.sum ?? true,
    });
    this.observer?.onSerialize?.({ bytes: bytes.length, n: this.n, seconds: watch.seconds });
    return bytes;
  }

  /**
   * The sketch of a compact image.
   * @param bytes what `toBytes` gave
   * @throws SketchDataError with a code for everything that can be wrong with bytes
   */
  static fromBytes(bytes: Uint8Array, options: LoadOptions = {}): KllSketch {
    requireOptions(options);
    const watch = new Stopwatch(options.observer);
    const told = (outcome: string) =>
      options.observer?.onDeserialize?.({ bytes: bytes.length, outcome, seconds: watch.seconds });
    if (!(bytes instanceof Uint8Array)) {
      throw new SketchArgumentError('ERR_ARGUMENT_TYPE', 'bytes', 'a Uint8Array', bytes);
    }
    let image: SketchImage;
    try {
      image = decodeCompact(bytes, options.maxK === undefined ? {} : { maxK: toK(options.maxK, 'maxK') });
    } catch (error) {
      if (error instanceof SketchDataError) told(error.code);
      throw error;
    }
    const sketch = KllSketch.fromImage(image, options);
    told('ok');
    return sketch;
  }

  /** `{ format, bytes }`, so that JSON.stringify keeps the sketch whole. */
  toJSON(): SketchJSON {
    return { format: 'kll-wasm/1', bytes: toBase64Url(this.toBytes()) };
  }

  /**
   * @param json what `toJSON` gave, parsed
   * @throws SketchDataError ERR_TEXT, and those of `fromBytes`
   */
  static fromJSON(json: unknown, options: LoadOptions = {}): KllSketch {
    const { format, bytes } = (json ?? {}) as Partial<SketchJSON>;
    if (format !== 'kll-wasm/1' || typeof bytes !== 'string') {
      throw new SketchDataError(
        'ERR_TEXT',
        "expected { format: 'kll-wasm/1', bytes: string }, found another shape",
      );
    }
    return KllSketch.fromBytes(fromBase64Url(bytes), options);
  }

  /** The sketch at rest, decoded: what encoders take. */
  toImage(): SketchImage {
    this.settle();
    const { state } = this;
    return {
      k: this.k,
      minK: this.minK,
      n: this.n,
      sum: this.sum,
      min: this.min,
      max: this.max,
      ...this.toLevels(),
      tailGuarantee: (this.isEstimating ? state.byte(U8.guarantee) : state.byte(U8.tails)) as TailsCode,
      variance: this.variance,
      state: { ...state.block, compactions: this.staged ? new Uint32Array(1) : state.compactions.slice() },
    };
  }

  /** The sketch of a decoded image (see `kll-wasm/formats`). The image must satisfy what its decoder checks. */
  static fromImage(image: SketchImage, options: LoadOptions = {}): KllSketch {
    requireOptions(options);
    const tails =
      options.tails === undefined ? (image.state?.tails ?? image.tailGuarantee) : toTails(options.tails);
    const seed =
      options.seed === undefined ? (image.state ? image.state.seed : randomSeed()) : toSeed(options.seed);
    const sketch = new KllSketch({ k: image.k, seed, tails: TAILS_NAMES[tails] });
    if (options.observer) sketch.observer = options.observer;
    sketch.loadImage(image, seed, tails);
    return sketch;
  }

  /** A copy of the levels compacted to the Apache capacity of k: what `toDataSketches` writes. */
  toApacheImage(): SketchImage {
    this.settle();
    if (this.state.word(U32.levels) === 0) return this.toImage();
    const copy = this.clone();
    copy.state = fitToApache(this.state);
    return copy.toImage();
  }

  /** Plain data about the sketch, for people. */
  debugState(): DebugState {
    const { state } = this;
    const levels = state.word(U32.levels);
    const sizes = levels ? Array.from(state.sizes) : [0];
    sizes[0] += this.staged;
    return {
      k: this.k,
      minK: this.minK,
      n: this.n,
      seed: String(this.seed),
      tails: this.tails,
      tailGuarantee: this.tailGuarantee,
      variance: this.variance,
      staged: this.staged,
      retained: this.numRetained,
      bytes: state.f64.byteLength + this.staging.byteLength,
      rankError: this.rankError(),
      levels: debugLevels(this.k, this.n, this.tails, sizes, levels ? state.compactions : [0]),
    };
  }

  /** Every item, ascending, with the number of values it stands for. */
  *[Symbol.iterator](): IterableIterator<{ item: number; weight: number }> {
    if (this.isEmpty) return;
    const { items, weights } = this.view;
    for (let i = 0; i < items.length; i++) {
      yield { item: items[i], weight: weights[i] - (i === 0 ? 0 : weights[i - 1]) };
    }
  }

  /** Levels as they are now: staged values are level 0 of a sketch that has no others. */
  protected toLevels(): { sizes: Uint32Array; items: Float64Array } {
    if (this.state.word(U32.levels) > 0) {
      return { sizes: this.state.sizes.slice(), items: this.state.items.slice() };
    }
    return this.staged
      ? { sizes: Uint32Array.of(this.staged), items: this.staging.slice(0, this.staged).sort() }
      : { sizes: new Uint32Array(0), items: new Float64Array(0) };
  }

  #toldMerge(
    event: Pick<MergeEvent, 'sources' | 'skipped' | 'values' | 'seconds'>,
    minKBefore: number,
    tailGuaranteeBefore: Tails,
    shards?: readonly string[],
  ): void {
    this.observer?.onMerge?.({
      ...event,
      ...(shards ? { shards } : {}),
      minKBefore,
      minKAfter: this.minK,
      tailGuaranteeBefore,
      tailGuaranteeAfter: this.tailGuarantee,
    });
  }
}

/** Bytes as a source of a merge; an error names the source's position where there are several. */
function mergeableBytes(bytes: unknown, position?: number): Mergeable {
  if (!(bytes instanceof Uint8Array)) {
    throw new SketchArgumentError(
      'ERR_ARGUMENT_TYPE',
      'sources',
      'a KllSketch or a Uint8Array',
      bytes,
      position,
    );
  }
  try {
    return mergeableImage(decodeCompact(bytes));
  } catch (error) {
    if (!(error instanceof SketchDataError) || position === undefined) throw error;
    throw new SketchDataError(error.code, error.what, error.offset, position);
  }
}

/** Whether levels fit the Apache image of k as they are. */
function fits(k: number, sizes: ArrayLike<number>, retained: number): boolean {
  return retained <= totalCapacity(k, Math.max(1, sizes.length));
}
