/** Files that are there whole or not at all, and survive a loss of power. */
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CliError, EXIT, ioError } from '../exit.js';

/** Beside the file that it will become. */
const PARTIAL = '.partial';

/** A file under way: it takes its name when it is whole. */
export class DurableFile {
  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
  ) {}

  /** A file at the end of links that lead to it. @throws CliError exit code 4; ERR_FILE_KIND for what is no file */
  static async create(given: string): Promise<DurableFile> {
    const path = await realpath(given).catch(() => given);
    const existing = await stat(path).catch(() => undefined);
    if (existing && !existing.isFile() && !existing.isDirectory()) {
      // A name that is taken when all is there has no meaning for a pipe.
      throw new CliError(
        EXIT.io,
        'ERR_FILE_KIND',
        `cannot write ${given}: expected a file, found a pipe or a device`,
      );
    }
    // A backup holds keys: its owner alone reads it.
    return new DurableFile(path, await written(path, open(path + PARTIAL, 'w', 0o600)));
  }

  /** @throws CliError exit code 4 */
  async write(bytes: Uint8Array): Promise<void> {
    let at = 0;
    while (at < bytes.length) {
      at += (await written(this.path, this.file.write(bytes, at))).bytesWritten;
    }
  }

  /** Its bytes are on the disk, then its name is. @throws CliError exit code 4 */
  async finish(): Promise<void> {
    await written(this.path, this.file.sync());
    await written(this.path, this.file.close());
    await written(this.path, rename(this.path + PARTIAL, this.path));
    const folder = await written(this.path, open(dirname(this.path), 'r'));
    try {
      await written(this.path, folder.sync());
    } finally {
      await folder.close();
    }
  }

  /** Nothing of it stays. */
  async discard(): Promise<void> {
    await this.file.close().catch(() => {});
    await rm(this.path + PARTIAL, { force: true });
  }
}

async function written<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw ioError('write', path, error);
  }
}
