/**
 * Sending what the outbox holds. While the page lives: fetch, and a batch is forgotten when the endpoint has it, or says
 * that it never will. When the page leaves: a beacon, which acknowledges nothing.
 */
import { attempt } from './attempt.js';
import { CollectorError } from './collector-error.js';
import type { Outbox } from './outbox.js';
import type { OutgoingBatch } from './split.js';

/** Answers among 4xx that may become others: too slow, too early, too many. The rest will stay. */
const PASSING = [408, 425, 429];
const LONGEST_FETCH_MS = 30_000;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 600_000;

export interface SendStats {
  /** Batches that were acknowledged, those of former pages included. */
  acknowledged: number;
  /** Batches the endpoint will never take. */
  refused: number;
  /** Batches handed to beacons. */
  beaconed: number;
}

export class Sender {
  /** Ids on their way by fetch, and what becomes of them. */
  readonly #flying = new Map<string, Promise<boolean>>();
  /** Ids handed to a beacon since the page was last visible. */
  readonly #beaconed = new Set<string>();
  #failures = 0;

  constructor(
    readonly endpoint: string,
    readonly outbox: Outbox,
    /** Counts on. */
    readonly stats: SendStats,
    readonly tell: (error: Error) => void,
    readonly mayAct: () => boolean,
  ) {}

  /** Sends this page's own batches, one after the other, until one fails. */
  sendOwn(): Promise<void> {
    return this.#sendAll([...this.outbox.memory.keys()]);
  }

  /** Sends what is stored, of former pages too, unless another tab is at it. */
  async sendStored(): Promise<void> {
    this.#beaconed.clear();
    const { outbox } = this;
    const send = () => this.#sendAll(outbox.stored().map(({ id }) => id));
    // Where there are no locks, two tabs may send the same bytes: the endpoint takes them once.
    if (!navigator.locks) return send();
    // Not held longer than it is needed: a page with a lock is not taken into the back/forward cache.
    // Refused where storage is blocked.
    await navigator.locks.request(outbox.scope, { ifAvailable: true }, (lock) => lock && send()).catch(send);
  }

  /** Hands this page's batches to beacons: those that are neither with one nor on their way. */
  sendBeacons(): void {
    if (this.outbox.isPaused) return;
    for (const { id, bytes } of this.outbox.memory.values()) {
      if (this.#flying.has(id) || this.#beaconed.has(id)) continue;
      const body = new Blob([bytes as BlobPart], { type: 'text/plain' });
      // Refused when too much is waiting, and thrown out when the endpoint is not of the web: it stays where it is.
      if (!attempt(() => navigator.sendBeacon(this.endpoint, body))) return;
      this.#beaconed.add(id);
      this.stats.beaconed++;
    }
  }

  async #sendAll(ids: string[]): Promise<void> {
    for (const id of ids) {
      let flight = this.#flying.get(id);
      if (!flight) {
        if (!this.mayAct() || this.outbox.isPaused || navigator.onLine === false) return;
        const batch = this.outbox.get(id);
        if (!batch || this.outbox.isExpired(batch)) continue;
        flight = this.#send(batch).finally(() => this.#flying.delete(id));
        this.#flying.set(id, flight);
      }
      // One that was on its way already is waited for as well: who flushes is told when all are settled.
      if (!(await flight)) return;
    }
  }

  /** @returns whether the batch is off our hands */
  async #send({ id, bytes }: OutgoingBatch): Promise<boolean> {
    // What waits in beacons counts against what keepalive allows: a large batch may pass without it.
    const answer =
      (await this.#post(bytes, true)) ??
      (bytes.length > 4096 && this.mayAct() ? await this.#post(bytes, false) : undefined);
    const { status = 0 } = answer ?? {};
    if (answer?.ok) {
      this.stats.acknowledged++;
    } else if (status >= 400 && status < 500 && !PASSING.includes(status)) {
      this.stats.refused++;
      this.tell(
        new CollectorError('ERR_REFUSED', `batch ${id} is forgotten: ${this.endpoint} answered ${status}`),
      );
    } else {
      const growing = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures++);
      const asked = retryAfterMs(answer?.headers.get('retry-after'), Date.now());
      const until = Date.now() + (asked ?? growing * (0.5 + Math.random() / 2));
      this.outbox.pause(asked === undefined ? 'pause' : 'asked', until);
      return false;
    }
    this.#failures = 0;
    this.outbox.forget(id);
    return true;
  }

  /** The answer, read to its end; nothing when there was none. */
  async #post(bytes: Uint8Array, keepalive: boolean): Promise<Response | undefined> {
    let answer: Response | undefined;
    try {
      answer = await fetch(this.endpoint, {
        method: 'POST',
        body: bytes as BufferSource,
        // A type that needs no leave from another origin.
        headers: { 'content-type': 'text/plain' },
        keepalive,
        credentials: 'omit',
        cache: 'no-store',
        // Behind a redirect somebody else says 200: a page to log in on.
        redirect: 'error',
        // Safari has it from 16 on.
        signal: AbortSignal.timeout?.(LONGEST_FETCH_MS) ?? null,
      });
      // Until its end is read, it counts as on its way.
      await answer.text();
    } catch {
      // No network, no leave, or a page that froze meanwhile: all of them pass.
    }
    return answer;
  }
}

/**
 * What a Retry-After header asks for (RFC 9110, 10.2.3): seconds, or a date.
 * @returns milliseconds, at most a day; nothing when there is none that can be read
 */
export function retryAfterMs(header: string | null | undefined, now: number): number | undefined {
  if (!header) return undefined;
  const seconds = Number(header);
  const ms = seconds >= 0 ? seconds * 1000 : Date.parse(header) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), 86_400_000);
}
