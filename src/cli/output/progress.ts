/** How far something long has come, on standard error. */

/** Nothing is said of what is over before this. */
const QUIET_MS = 500;
const TERMINAL_INTERVAL_MS = 100;
const LOG_INTERVAL_MS = 2000;

export class Progress<Figures extends unknown[]> {
  readonly #began = performance.now();
  readonly #isTerminal = process.stderr.isTTY === true;
  #next = this.#began;
  #isShown = false;

  /**
   * @param wanted true: always; false: never; undefined: where standard error is a terminal
   * @param describe one line of the figures so far, after so many seconds
   */
  constructor(
    private readonly wanted: boolean | undefined,
    private readonly describe: (seconds: number, ...figures: Figures) => string,
  ) {
    if (wanted === undefined) this.#next += QUIET_MS;
  }

  update(...figures: Figures): void {
    const now = performance.now();
    if (now < this.#next || !(this.wanted ?? this.#isTerminal)) return;
    this.#next = now + (this.#isTerminal ? TERMINAL_INTERVAL_MS : LOG_INTERVAL_MS);
    this.#show(figures, now);
  }

  /** Clears the line, or says the last figures where there is no terminal. */
  finish(...figures: Figures): void {
    if (this.#isTerminal) {
      if (this.#isShown) process.stderr.write('\r\u001b[K');
    } else if (this.wanted) this.#show(figures, performance.now());
  }

  #show(figures: Figures, now: number): void {
    const text = this.describe(Math.max(1, now - this.#began) / 1000, ...figures);
    process.stderr.write(this.#isTerminal ? `\r${text}\u001b[K` : `${text}\n`);
    this.#isShown = true;
  }
}
