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

/** The endpoint's own wish, or the pause after a failure: the network that is back ends the latter alone. */
type Pause = 'asked' | 'pause';

export class Outbox {
  /** Those of this page. */
  readonly memory = new Map<string, OutgoingBatch>();
  /** What all keys begin with, and the name under which tabs agree who sends what is stored. */
  readonly scope: string;
  /** Ends of pauses as this page knows them, for where nothing is stored. */
  readonly #pauses = { asked: 0, pause: 0 };

  /**
   * @param store where batches outlive the page; none where it is blocked, not wished for, or not allowed now
   * @param scope what keeps collectors of different endpoints apart
   */
  constructor(
    readonly store: () => Storage | undefined,
    scope: string,
    readonly tell: (error: CollectorError) => void,
  ) {
    this.scope = `kll:${scope}:`;
  }

  /** Keeps a batch, stored where that is allowed; the oldest are given up for its room. */
  add(batch: OutgoingBatch): void {
    const { memory } = this;
    memory.set(batch.id, batch);
    for (const first of memory.values()) {
      if (memory.size > MOST_BATCHES) this.#giveUp(first);
    }
    if (!this.store()) return;
    const text = `${batch.created}.${btoa(Array.from(batch.bytes, (byte) => String.fromCharCode(byte)).join(''))}`;
    const others = this.stored().sort((a, b) => a.created - b.created);
    let size = others.reduce((sum, one) => sum + one.size, text.length);
    while (others.length && (others.length >= MOST_BATCHES || size > MOST_STORED)) {
      const [gone] = others.splice(0, 1);
      size -= gone.size;
      this.#giveUp(gone);
    }
    // Full or forbidden, it is sent from memory: at most once.
    this.#write(batch.id, text);
  }

  /** Those of every page that are stored; what is too old is removed. */
  stored(): StoredBatch[] {
    const found: StoredBatch[] = [];
    for (const key of attempt(() => Object.keys(this.store() ?? {})) ?? []) {
      const id = key.slice(this.scope.length);
      if (key !== this.scope + id || !/^[\da-f]{32}$/.test(id)) continue;
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
    this.tell(new CollectorError('ERR_EXPIRED', `batch ${id} is forgotten after a day`));
    return true;
  }

  /** Forgets a batch that was taken, refused for ever, or given up. */
  forget(id: string): void {
    this.memory.delete(id);
    this.#write(id);
  }

  /** Whether the endpoint is left alone, by all pages: as it asked itself, or after a failure. */
  get isPaused(): boolean {
    return Math.max(this.#endOf('asked'), this.#endOf('pause')) > Date.now();
  }

  /** @param until epoch milliseconds; what the endpoint asked for is never shortened */
  pause(kind: Pause, until: number): void {
    this.#pauses[kind] = until = Math.max(until, this.#endOf(kind));
    this.#write(kind, String(until));
  }

  /** Ends the pause after a failure. */
  endPause(): void {
    if (this.#endOf('pause')) this.#write('pause');
    this.#pauses.pause = 0;
  }

  #endOf(kind: Pause): number {
    const until = Number(this.#read(kind)) || this.#pauses[kind];
    // A clock that was set back must not silence a browser for ever.
    return until - Date.now() > GIVE_UP_MS ? 0 : until;
  }

  #giveUp({ id }: { id: string }): void {
    this.forget(id);
    this.tell(new CollectorError('ERR_OUTBOX_FULL', `batch ${id} is forgotten for room`));
  }

  #read(name: string): string {
    return attempt(() => this.store()?.getItem(this.scope + name)) ?? '';
  }

  #write(name: string, value?: string): void {
    const key = this.scope + name;
    attempt(() => (value === undefined ? this.store()?.removeItem(key) : this.store()?.setItem(key, value)));
  }
}
