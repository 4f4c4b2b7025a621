/**
 * Bodies on their way into this isolate. A sender may be slow, or only pretend to send: places and bytes are bounded, a
 * place is nobody's for long, and for less while half of them are taken, so that those who do send find room.
 */
import { InFlight, type Place } from './in-flight.js';
import { busy } from './problem.js';

/** As long as the collector waits for an answer. */
const LONGEST_MS = 30_000;
const LONGEST_CROWDED_MS = 3_000;

/** What one body takes, from its first byte until it is handed to storage. */
export class Upload implements Place {
  readonly since = Date.now();
  /** Held for it. */
  bytes = 0;
  readonly #uploads: Uploads;

  constructor(uploads: Uploads) {
    this.#uploads = uploads;
  }

  /** Whether it has taken longer than there is time for. */
  get isLate(): boolean {
    return Date.now() - this.since > (this.#uploads.isCrowded ? LONGEST_CROWDED_MS : LONGEST_MS);
  }

  /** @throws Problem 429 ERR_BUSY */
  hold(bytes: number): void {
    this.#uploads.hold(this, bytes);
  }

  end(): void {
    this.#uploads.end(this);
  }
}

export class Uploads {
  readonly #most: number;
  readonly #mostBytes: number;
  readonly #open = new InFlight<Upload>(({ bytes }) => {
    this.#bytes -= bytes;
  });
  #bytes = 0;

  /** @param most bodies at once. @param mostBytes of all of them together */
  constructor(most: number, mostBytes: number) {
    this.#most = most;
    this.#mostBytes = mostBytes;
  }

  get isCrowded(): boolean {
    return 2 * this.#open.count > this.#most || 2 * this.#bytes > this.#mostBytes;
  }

  /**
   * A place for one body, until its `end`.
   * @throws Problem 429 ERR_BUSY
   */
  begin(): Upload {
    if (this.#open.count >= this.#most) throw busy();
    return this.#open.begin(new Upload(this));
  }

  /**
   * One alone may be as large as a body may be; one whose place is nobody's any more gets nothing.
   * @throws Problem 429 ERR_BUSY
   */
  hold(upload: Upload, bytes: number): void {
    const others = this.#open.count > 1;
    if (!this.#open.has(upload) || (others && this.#bytes + bytes > this.#mostBytes)) throw busy();
    upload.bytes += bytes;
    this.#bytes += bytes;
  }

  end(upload: Upload): void {
    this.#open.end(upload);
  }
}

/** Of senders that a token or a key in the headers names. */
export const knownUploads = new Uploads(1_000, 48 * 2 ** 20);
/** Of senders whose key is in the body, if there is one: beacons are short. */
export const strangersUploads = new Uploads(500, 8 * 2 ** 20);
