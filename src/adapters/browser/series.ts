/**
 * One series of a page: values are staged in a plain array, which grows.
 *
 *    0 ... 768: the kernel's chunk is asked for ... 1024: a stream takes them, when it is here
 *                                                   8192: without it they become a piece, condensed, and staging is empty
 */
import { totalCapacity } from '../../core/capacity.js';
import type { TailsCode } from '../../core/image.js';
import { compensatedSum } from '../../core/sum.js';
import type { BatchSeries } from '../../wire/batch.js';
import { condensedImage, itemsOfValues } from './condensing.js';
import type { Stream } from './kernel-chunk.js';
import type { KernelSource } from './kernel-source.js';
import type { Labels } from './labels.js';

/** Values staged before a stream takes them. */
export const STAGING = 1024;
/** Staged values from which the kernel is asked for. */
const NEAR = 768;
/** Values staged while the kernel is not here. */
export const LONGEST_STAGING = 8192;
/** Values behind one series of a batch: what an aggregator takes from a page. */
export const MOST_VALUES = 100_000;

/** A series as a batch has it, and how many values it stands for. */
export type OutgoingSeries = BatchSeries & { n: number };

export interface SeriesSettings {
  k: number;
  tails: TailsCode;
  kernel: KernelSource;
}

export class Series {
  #staging = new Float64Array(16);
  #staged = 0;
  #stream: Stream | undefined;
  /** Parts that were closed since the last send. */
  #pieces: OutgoingSeries[] = [];
  /** When the newest value came, by `performance.now()`. */
  #newest = 0;
  readonly #unit: number;

  /** @param decimals places values are rounded to, 0..15 */
  constructor(
    readonly name: string,
    readonly labels: Labels,
    decimals: number,
    readonly settings: SeriesSettings,
  ) {
    this.#unit = 10 ** decimals;
  }

  /** Whether values wait to be sent. */
  get isDirty(): boolean {
    return this.#staged > 0 || !!this.#stream || this.#pieces.length > 0;
  }

  /**
   * @param x a finite number
   * @param now `performance.now()`
   */
  add(x: number, now: number): void {
    const unit = this.#unit;
    const scaled = x * unit;
    if (this.#staged === this.#staging.length) this.#makeRoom();
    // What is rounded here is what enters, the sum included. -0 enters as 0; beyond 2^51 there is nothing to round.
    this.#staging[this.#staged++] = Math.abs(scaled) < 2 ** 51 ? Math.round(scaled) / unit + 0 : x;
    // Behind the making of room: what is closed there is older.
    this.#newest = now;
    if (this.#staged === NEAR) this.settings.kernel.want();
  }

  #makeRoom(): void {
    if (this.#staged >= STAGING && this.#spill()) return;
    if (this.#staged >= LONGEST_STAGING) {
      this.#close();
      return;
    }
    const larger = new Float64Array(this.#staged * 2);
    larger.set(this.#staging);
    this.#staging = larger;
  }

  /** Hands what is staged to the stream. @returns whether there is one */
  #spill(): boolean {
    const { kernel, k, tails } = this.settings;
    this.#stream ??= kernel.try((chunk) => chunk.openStream(k, tails));
    if (!this.#stream) return false;
    this.#stream.take(this.#staging.subarray(0, this.#staged));
    this.#staged = 0;
    if (this.#staging.length > STAGING) this.#staging = new Float64Array(STAGING);
    if (this.#stream.n > MOST_VALUES - LONGEST_STAGING) this.#close();
    return true;
  }

  /** Makes a piece of everything. The time of its values is that of the newest, until it is sent. */
  #close(): void {
    const { k, tails } = this.settings;
    if (this.#stream && this.#staged) this.#spill();
    // Spilling may have closed it.
    if (!this.#stream && !this.#staged) return;
    const values = this.#staging.slice(0, this.#staged);
    const isExact = !this.#stream && values.length <= totalCapacity(k, 2);
    const items = this.#stream?.items() ?? itemsOfValues(values, compensatedSum(values));
    this.#pieces.push({
      name: this.name,
      labels: this.labels,
      age: this.#newest,
      n: items.n,
      ...(isExact ? { values } : { image: condensedImage(items, k, tails) }),
    });
    this.#stream = undefined;
    this.#staged = 0;
    if (this.#staging.length > STAGING) this.#staging = new Float64Array(16);
  }

  /**
   * All that waits, as it is sent; the series is empty then.
   * @param now `performance.now()`
   */
  take(now: number): OutgoingSeries[] {
    this.#close();
    const pieces = this.#pieces;
    this.#pieces = [];
    // Whole milliseconds: the clock of a page is no finer.
    for (const piece of pieces) piece.age = Math.max(0, Math.round(now - piece.age));
    return pieces;
  }
}
