/** What every reader of numbers shares: its options, its count of what was read, its batches. */
import { dataError } from '../exit.js';

export interface ReadOptions {
  /** Name of the column or JSON field; a column of a table may also be given by its position from 1. */
  column?: string;
  /** Field delimiter of delimited text. */
  delimiter?: string;
  /** False where the first record of delimited text is data. */
  header?: boolean;
  /** Leaves out what is not a finite number instead of ending with an error. */
  skipInvalid?: boolean;
}

/** A number as much of the world writes it, quoted as errors show it. */
const DECIMAL_COMMA = /^"\s*[+-]?\d+,\d+\s*"$/;
/** Values to a batch. */
const BATCH = 1 << 14;

/** Gathers numbers into batches, and keeps count of what was missing or left out. */
export class ValueCollector {
  /** Finite numbers so far. */
  values = 0;
  /** Empty cells, nulls, absent fields, blank lines. */
  missing = 0;
  /** What was not a finite number, with `skipInvalid`. */
  invalid = 0;
  #batch = new Float64Array(BATCH);
  #filled = 0;
  #full: Float64Array[] = [];

  constructor(
    /** Name of the input, for errors. */
    readonly name: string,
    readonly skipInvalid: boolean,
  ) {}

  add(x: number): void {
    this.#batch[this.#filled++] = x;
    this.values++;
    if (this.#filled < BATCH) return;
    this.#full.push(this.#batch);
    this.#batch = new Float64Array(BATCH);
    this.#filled = 0;
  }

  /**
   * Takes the text of one number; blank text counts as missing.
   * @param where the place in the input, as `line 12`
   * @throws CliError exit code 3 when it is not a finite number, unless those are left out
   */
  addText(text: string, where: () => string): void {
    const x = Number(text);
    // JavaScript reads hexadecimal and the like; data that holds it holds something else than measurements.
    if (x - x !== 0 || /[xob]/i.test(text)) {
      this.refuse(JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text), where);
    } else if (x === 0 && text.trim() === '') {
      this.missing++;
    } else {
      this.add(x);
    }
  }

  /** Counts a value that is not a finite number, or ends with an error that says where it stands. */
  refuse(found: string, where: () => string): void {
    this.invalid++;
    if (this.skipInvalid) return;
    throw dataError(
      `${this.name}: ${where()}: expected a number, found ${found}`,
      DECIMAL_COMMA.test(found)
        ? 'Decimal commas are not read: write points, for instance with tr , . before kll.'
        : 'Use --skip-invalid to leave out whatever is not a finite number.',
    );
  }

  /** The full batches since the last call. */
  *drain(): Generator<Float64Array> {
    const full = this.#full;
    this.#full = [];
    yield* full;
  }

  /** Whatever is left. */
  *finish(): Generator<Float64Array> {
    yield* this.drain();
    if (this.#filled > 0) yield this.#batch.subarray(0, this.#filled);
    this.#filled = 0;
  }
}
