/** The bytes of a file or of standard input, gunzipped where they are compressed. */
import { createReadStream } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CliError, dataError, ioError } from '../exit.js';

/** What a file must show of itself for its format to be recognised. */
const HEAD_BYTES = 4096;

/** Reading at any place: what Parquet needs. */
export interface RandomAccess {
  byteLength: number;
  slice(start: number, end?: number): Promise<ArrayBuffer>;
}

export class ByteSource {
  #share: number | undefined;

  private constructor(
    /** What errors and headings call it. */
    readonly name: string,
    /** Path of the file; absent for standard input. */
    readonly path: string | undefined,
    /** Size of the file in bytes; absent when it is not known. */
    readonly size: number | undefined,
    /** The first bytes, decompressed. */
    readonly head: Uint8Array,
    readonly isCompressed: boolean,
    private readonly rest: AsyncIterator<Uint8Array>,
    private readonly taken: { bytes: number },
  ) {}

  /** Bytes of the file taken so far, before decompression. */
  get position(): number {
    return this.taken.bytes;
  }

  /** How much of the input is done, 0..1; absent where nobody knows. */
  get share(): number | undefined {
    return this.#share ?? (this.size ? this.position / this.size : undefined);
  }

  /** Said by a reader that leaves out parts of the file: its bytes do not tell. */
  set share(share: number) {
    this.#share = share;
  }

  /**
   * Opens a file, or standard input for `-`.
   * @throws CliError exit code 4 when it cannot be read
   */
  static async open(path: string): Promise<ByteSource> {
    const name = path === '-' ? 'standard input' : path;
    let size: number | undefined;
    if (path !== '-') size = await fileSize(path);
    else if (process.stdin.isTTY) process.stderr.write('kll: reading standard input; end it with Ctrl-D\n');
    const stream = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: 1 << 18 });
    const taken = { bytes: 0 };
    let { head, rest } = await takeHead(countBytes(stream, name, taken));
    const isCompressed = head[0] === 0x1f && head[1] === 0x8b;
    if (isCompressed) ({ head, rest } = await takeHead(gunzip(prepend(head, rest), name)));
    return new ByteSource(name, path === '-' ? undefined : path, size, head, isCompressed, rest, taken);
  }

  /** All bytes in order; to be asked for once. */
  chunks(): AsyncIterable<Uint8Array> {
    return prepend(this.head, this.rest);
  }

  /**
   * All bytes at once.
   * @throws CliError exit code 3 when there are more than `limit`
   */
  async readAll(limit = Number.POSITIVE_INFINITY): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of this.chunks()) {
      length += chunk.length;
      if (length > limit) throw dataError(`${this.name}: more than ${limit} bytes, too many for a sketch`);
      parts.push(chunk);
    }
    // A buffer of its own: readers want offset 0.
    const all = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  /** Access to any place: a plain file is read where asked, anything else is read whole first. */
  async randomAccess(): Promise<RandomAccess & { close(): Promise<void> }> {
    if (this.path === undefined || this.isCompressed || this.size === undefined) {
      const { buffer } = await this.readAll();
      return {
        byteLength: buffer.byteLength,
        slice: async (start, end) => buffer.slice(start, end) as ArrayBuffer,
        close: async () => {},
      };
    }
    await this.close();
    const { path, size } = this;
    const file = await open(path).catch((error) => {
      throw ioError('read', path, error);
    });
    return {
      byteLength: size,
      slice: (start, end = size) => readSlice(file, path, start, end, this.taken),
      close: () => file.close(),
    };
  }

  /** Stops reading. */
  async close(): Promise<void> {
    await this.rest.return?.();
  }
}

/** Does not open it: a named pipe ends with its first reader, and a second one would wait for ever. */
async function fileSize(path: string): Promise<number | undefined> {
  const stats = await stat(path).catch((error) => {
    throw ioError('read', path, error);
  });
  if (stats.isDirectory()) throw ioError('read', path, { code: 'EISDIR' });
  return stats.isFile() ? stats.size : undefined;
}

async function readSlice(
  file: FileHandle,
  path: string,
  start: number,
  end: number,
  taken: { bytes: number },
): Promise<ArrayBuffer> {
  const buffer = new ArrayBuffer(Math.max(0, end - start));
  let done = 0;
  while (done < buffer.byteLength) {
    const { bytesRead } = await file
      .read(new Uint8Array(buffer), done, buffer.byteLength - done, start + done)
      .catch((error) => {
        throw ioError('read', path, error);
      });
    if (bytesRead === 0) throw dataError(`${path}: ends at byte ${start + done}, expected ${end} bytes`);
    done += bytesRead;
  }
  taken.bytes += done;
  return buffer;
}

async function* countBytes(
  stream: AsyncIterable<Uint8Array>,
  name: string,
  taken: { bytes: number },
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream) {
      taken.bytes += chunk.length;
      yield chunk;
    }
  } catch (error) {
    throw error instanceof CliError ? error : ioError('read', name, error);
  }
}

async function* gunzip(bytes: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  const compressed = Readable.from(bytes, { objectMode: false });
  const plain = createGunzip();
  // An error of the reading side must reach whoever reads the plain side.
  compressed.on('error', (error) => plain.destroy(error));
  try {
    yield* compressed.pipe(plain);
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw dataError(
      `${name}: damaged gzip data: ${(error as Error).message}`,
      'Fetch or compress the file again.',
    );
  } finally {
    compressed.destroy();
  }
}

async function takeHead(
  bytes: AsyncIterable<Uint8Array>,
): Promise<{ head: Uint8Array; rest: AsyncIterator<Uint8Array> }> {
  const rest = bytes[Symbol.asyncIterator]();
  let head = new Uint8Array(0);
  while (head.length < HEAD_BYTES) {
    const { value, done } = await rest.next();
    if (done) break;
    head = head.length === 0 ? Uint8Array.from(value) : Uint8Array.from(Buffer.concat([head, value]));
  }
  return { head, rest };
}

async function* prepend(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head;
    for (;;) {
      const { value, done } = await rest.next();
      if (done) return;
      yield value;
    }
  } finally {
    await rest.return?.();
  }
}
