/** How far a duty of an edge has come, on standard error. */
import { showBytes } from '../output/figures.js';

/** Nothing is said of what is over before this. */
const QUIET_MS = 500;
const TERMINAL_INTERVAL_MS = 100;
const LOG_INTERVAL_MS = 2000;

export class TransferProgress {
  readonly #began = performance.now();
  readonly #isTerminal = process.stderr.isTTY === true;
  #next = this.#began;
  #isShown = false;

  /**
   * @param what is done, as a word: 'backup'
   * @param wanted true: always; undefined: where standard error is a terminal
   * @param total bytes there are; absent where nobody knows
   */
  constructor(
    private readonly what: string,
    private readonly wanted: boolean | undefined,
    private readonly total?: number,
  ) {
    if (wanted === undefined) this.#next += QUIET_MS;
  }

  /** @param detail what is done by now @param bytes moved so far, where bytes are moved */
  update(detail: string, bytes?: number): void {
    const now = performance.now();
    if (now < this.#next || !(this.wanted ?? this.#isTerminal)) return;
    this.#next = now + (this.#isTerminal ? TERMINAL_INTERVAL_MS : LOG_INTERVAL_MS);
    this.#show(detail, bytes, now);
  }

  /** Clears the line, or says the last figures where there is no terminal. */
  finish(detail: string, bytes?: number): void {
    if (this.#isTerminal) {
      if (this.#isShown) process.stderr.write('\r\u001b[K');
    } else if (this.wanted) this.#show(detail, bytes, performance.now());
  }

  #show(detail: string, bytes: number | undefined, now: number): void {
    let moved = '';
    if (bytes !== undefined) {
      const share = this.total ? `  ${Math.round((bytes / this.total) * 100)} %` : '';
      const rate = (bytes / Math.max(1, now - this.#began)) * 1000;
      moved = `, ${showBytes(bytes)}${share}  ${showBytes(Math.round(rate))}/s`;
    }
    const text = `${this.what}: ${detail}${moved}`;
    process.stderr.write(this.#isTerminal ? `\r${text}\u001b[K` : `${text}\n`);
    this.#isShown = true;
  }
}
