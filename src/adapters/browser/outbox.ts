/**
 * Batches that nobody acknowledged yet: in memory, and beside it in localStorage, where a batch is stored before it is
 * sent, in one synchronous step, which a page that is leaving needs. Each lies under a key of its own, so that tabs never
 * overwrite each other's.
 */
import { attempt } from './attempt.js';
import { CollectorError } from './collector-error.js';
import type { OutgoingBatch } from './split.js';

/** A batch nobody took for so long is given up: aggregators forget ids after 48 hours. */
export const GIVE_UP_MS = 24 * 3_600_000;
export const MOST_BATCHES = 64;
/** Characters of localStorage, which holds about five million for a whole origin. */
export const MOST_STORED = 512 * 1024;

interface StoredBatch {
  id: string;
  created: number;
  /** Characters. */
  size: number;
}

export class Outbox {
  /** Those of this page. */
  readonly memory = new Map<string, OutgoingBatch>();
  readonly #prefix: string;
  /** As this page knows it, for where nothing is stored. */
  #pausedUntil = 0;

  /**
   * @param store where batches outlive the page; none where it is blocked, or not wished for
   * @param scope what keeps collectors of different endpoints apart
   */
  constructor(
    readonly store: Storage | undefined,
    scope: string,
    readonly tell: (error: CollectorError) => void,
  ) {
    this.#prefix = `kll:${scope}:`;
  }

  /** Name under which tabs agree who sends what is stored. */
  get lock(): string {
    return this.#prefix;
  }

  /** Keeps a batch, stored where that is allowed; the oldest are given up for its room. */
  add(batch: OutgoingBatch): void {
    const { memory, store } = this;
    memory.set(batch.id, batch);
    if (memory.size > MOST_BATCHES) this.#giveUp(oldest([...memory.values()]));
    if (!store) return;
    const text = `${batch.created}.${btoa(Array.from(batch.bytes, (byte) => String.fromCharCode(byte)).join(''))}`;
    const others = this.stored();
    let size = others.reduce((sum, one) => sum + one.size, text.length);
    while (others.length && (others.length >= MOST_BATCHES || size > MOST_STORED)) {
      const gone = oldest(others);
      others.splice(others.indexOf(gone), 1);
      size -= gone.size;
      this.#giveUp(gone);
    }
    // Full or forbidden, it is sent from memory: at most once.
    this.#write(batch.id, text);
  }

  /** Those of every page that are stored; what is too old is removed. */
  stored(): StoredBatch[] {
    const found: StoredBatch[] = [];
    for (const key of attempt(() => Object.keys(this.store ?? {})) ?? []) {
      const id = key.slice(this.#prefix.length);
      if (key !== this.#prefix + id || !/^[\da-f]{32}$/.test(id)) continue;
      const text = this.#read(id);
      const stored = { id, created: Number.parseFloat(text), size: text.length };
      if (!this.isExpired(stored)) found.push(stored);
    }
    return found;
  }

  /** A batch by its id; nothing when another tab has it gone, or when it was not written by us. */
  get(id: string): OutgoingBatch | undefined {
    const held = this.memory.get(id);
    if (held) return held;
    const [created, body] = this.#read(id).split('.');
    const text = attempt(() => atob(body));
    if (text) return { id, created: Number(created), bytes: Uint8Array.from(text, (c) => c.charCodeAt(0)) };
    this.forget(id);
    return undefined;
  }

  /** Whether a batch is too old to be taken: it is given up then. */
  isExpired({ id, created }: { id: string; created: number }): boolean {
    if (Math.abs(Date.now() - created) <= GIVE_UP_MS) return false;
    this.forget(id);
    this.tell(new CollectorError('ERR_EXPIRED', `batch ${id} was not taken within 24 hours`));
    return true;
  }

  /** Forgets a batch that was taken, refused for ever, or given up. */
  forget(id: string): void {
    this.memory.delete(id);
    this.#write(id);
  }

  /** When the endpoint may be asked again, epoch milliseconds: for all pages. */
  get pausedUntil(): number {
    const until = Number(this.#read('pause')) || this.#pausedUntil;
    // A clock that was set back must not silence a browser for ever.
    return until - Date.now() > GIVE_UP_MS ? 0 : until;
  }
  set pausedUntil(until: number) {
    this.#pausedUntil = until;
    this.#write('pause', String(until));
  }

  #giveUp({ id }: { id: string }): void {
    this.forget(id);
    this.tell(new CollectorError('ERR_OUTBOX_FULL', `batch ${id} was given up for room`));
  }

  #read(name: string): string {
    return attempt(() => this.store?.getItem(this.#prefix + name)) ?? '';
  }

  #write(name: string, value?: string): void {
    const key = this.#prefix + name;
    attempt(() => (value === undefined ? this.store?.removeItem(key) : this.store?.setItem(key, value)));
  }
}

function oldest<T extends { created: number }>(batches: T[]): T {
  return batches.reduce((a, b) => (b.created < a.created ? b : a));
}
