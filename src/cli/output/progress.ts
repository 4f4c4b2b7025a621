/** How far a long reading has come, on standard error. */
import type { ByteSource } from '../input/byte-source.js';
import { showCount, showCountOf } from './figures.js';

/** Nothing is said of a reading that is over before this. */
const QUIET_MS = 500;
const TERMINAL_INTERVAL_MS = 100;
const LOG_INTERVAL_MS = 2000;

export class Progress {
  readonly #started = performance.now();
  readonly #isTerminal = process.stderr.isTTY === true;
  #next = this.#started;
  #shown = false;

  /** @param wanted true: always; false: never; undefined: where standard error is a terminal */
  constructor(
    private readonly source: ByteSource,
    private readonly wanted: boolean | undefined,
  ) {
    if (wanted === undefined) this.#next += QUIET_MS;
  }

  /** @param values taken so far */
  update(values: number): void {
    const now = performance.now();
    if (now < this.#next || !(this.wanted ?? this.#isTerminal)) return;
    this.#next = now + (this.#isTerminal ? TERMINAL_INTERVAL_MS : LOG_INTERVAL_MS);
    this.#show(values, now);
  }

  /** Clears the line, or says the last figures where there is no terminal. */
  finish(values: number): void {
    if (this.#isTerminal) {
      if (this.#shown) process.stderr.write('\r\u001b[K');
    } else if (this.wanted) this.#show(values, performance.now());
  }

  #show(values: number, now: number): void {
    const { size, position, name } = this.source;
    const share = size ? `  ${Math.round((position / size) * 100)} %` : '';
    const rate = Math.round((values / Math.max(1, now - this.#started)) * 1000);
    const text = `${name}: ${showCountOf(values, 'value')}${share}  ${showCount(rate)}/s`;
    process.stderr.write(this.#isTerminal ? `\r${text}\u001b[K` : `${text}\n`);
    this.#shown = true;
  }
}
