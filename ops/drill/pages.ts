/**
 * Pages that measure and send as collectors do: a batch is sent again until it is acknowledged. What was acknowledged
 * when is written down, which is the truth that a drill is judged by.
 */
import { batchOf, type SentSeries } from '../live/senders.js';

/** Pages, and the time each waits between two batches. */
const COUNT = 4;
const PAUSE_MS = 50;
/** Values of one batch; whole numbers, so that sums are exact. */
const VALUES = 20;
const RETRY_MS = 200;
const TIMEOUT_MS = 10_000;

export interface Acknowledged {
  /** Epoch milliseconds of the answer. */
  at: number;
  n: number;
  sum: number;
}

export interface Total {
  n: number;
  sum: number;
}

export class Pages {
  readonly acknowledged: Acknowledged[] = [];
  #isOver = false;
  #waiting: Promise<void> | undefined;
  #resume = () => {};
  #inFlight = 0;
  readonly #running: Promise<void>[];

  /** @param where read before each request: an edge may come back elsewhere */
  constructor(readonly where: () => { url: string; key: string }) {
    this.#running = Array.from({ length: COUNT }, (_, i) => this.#send(i % 2 ? 'phone' : 'desktop'));
  }

  /** New batches wait; resolves when what was on its way is acknowledged. */
  async pause(): Promise<void> {
    this.#waiting ??= new Promise((resolve) => {
      this.#resume = resolve;
    });
    while (this.#inFlight > 0) await sleep(20);
  }

  resume(): void {
    this.#waiting = undefined;
    this.#resume();
  }

  /** Everything acknowledged until a time, in epoch milliseconds. */
  total(until = Infinity): Total {
    return this.acknowledged
      .filter(({ at }) => at <= until)
      .reduce(({ n, sum }, one) => ({ n: n + one.n, sum: sum + one.sum }), { n: 0, sum: 0 });
  }

  async end(): Promise<void> {
    this.#isOver = true;
    this.resume();
    await Promise.all(this.#running);
  }

  async #send(device: string): Promise<void> {
    for (let i = 0; !this.#isOver; i++) {
      await this.#waiting;
      if (this.#isOver) return;
      this.#inFlight++;
      const values = Array.from({ length: VALUES }, (_, j) => 1000 + ((i * 31 + j * 7) % 900));
      await this.#deliver([{ name: 'lcp', labels: { device }, values, ageMs: 0 }]);
      this.#inFlight--;
      await sleep(PAUSE_MS);
    }
  }

  async #deliver(series: SentSeries[]): Promise<void> {
    const body = batchOf(series);
    while (!this.#isOver) {
      const { url, key } = this.where();
      const response = await fetch(`${url}/v1/ingest`, {
        method: 'POST',
        headers: { 'x-kll-key': key, 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      }).catch(() => undefined);
      const answer = await response?.text().catch(() => undefined);
      if (response?.ok && answer !== undefined) {
        const values = series.flatMap((one) => one.values);
        const sum = values.reduce((total, value) => total + value, 0);
        this.acknowledged.push({ at: Date.now(), n: values.length, sum });
        return;
      }
      await sleep(RETRY_MS);
    }
  }
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
