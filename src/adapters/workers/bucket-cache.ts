/**
 * Decoded buckets of all series objects of an isolate: closed ones that queries read, and open ones that take values.
 * Objects of an isolate share its memory, so they share one cache with one bound.
 */
import { itemsOf, type Part } from './part-merge.js';

const MOST_BYTES = 32 * 2 ** 20;
/** A sketch besides its items: its buffers and what JavaScript keeps of it. */
const BYTES_OF_SKETCH = 2_048;
const BYTES_OF_ITEM = 16;

interface Entry {
  part: Part;
  bytes: number;
}

/** In order of their last use, the oldest first. */
const entries = new Map<string, Entry>();
let held = 0;
let owners = 0;

function remove(key: string): void {
  const entry = entries.get(key);
  if (!entry) return;
  held -= entry.bytes;
  entries.delete(key);
}

/** The part of the cache that one living object sees. What one before it had cached is not seen again. */
export class BucketCache {
  #owner = ++owners;
  hits = 0;
  misses = 0;

  /** Bytes held for all objects of the isolate, as estimated. */
  static get bytes(): number {
    return held;
  }

  get(row: number): Part | undefined {
    const key = this.#key(row);
    const entry = entries.get(key);
    if (!entry) {
      this.misses++;
      return undefined;
    }
    this.hits++;
    entries.delete(key);
    entries.set(key, entry);
    return entry.part;
  }

  set(row: number, part: Part): void {
    const key = this.#key(row);
    remove(key);
    const bytes = BYTES_OF_SKETCH + itemsOf(part) * BYTES_OF_ITEM;
    entries.set(key, { part, bytes });
    held += bytes;
    for (const oldest of entries.keys()) {
      if (held <= MOST_BYTES) break;
      remove(oldest);
    }
  }

  delete(row: number): void {
    remove(this.#key(row));
  }

  /** Forgets all of this object: what it holds may not be what is stored. */
  clear(): void {
    const prefix = `${this.#owner}:`;
    for (const key of entries.keys()) if (key.startsWith(prefix)) remove(key);
    this.#owner = ++owners;
  }

  #key(row: number): string {
    return `${this.#owner}:${row}`;
  }
}
