/** A backup as a file: every record's checksum and place, and the totals of its end. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { SketchDataError } from '../../core/errors.js';
import {
  type BackupHeader,
  type BackupRecord,
  type BackupTotals,
  decodeBucket,
  decodeHeader,
  decodeIds,
  decodeJson,
  RECORD,
  RecordReader,
} from '../../wire/backup-records.js';
import { dataError, ioError } from '../exit.js';
import { showCountOf } from '../output/figures.js';

/** What a whole backup holds. */
export interface BackupReport {
  id: string;
  tenant: string;
  /** When the data was as it is in it, RFC 3339. */
  created: string;
  /** With header and end. */
  records: number;
  bytes: number;
  keys: number;
  buckets: number;
  ids: number;
  values: number;
  /** Of the file, in hex. */
  sha256: string;
}

const COUNTED = ['records', 'keys', 'buckets', 'ids', 'values'] as const;

/** Checks a backup as its bytes come. */
export class BackupCheck {
  readonly #reader = new RecordReader();
  readonly #hash = createHash('sha256');
  readonly #found: BackupTotals = { records: 0, keys: 0, buckets: 0, ids: 0, values: 0 };
  #header: BackupHeader | undefined;
  #bytes = 0;
  #isOver = false;

  /** @param name what errors call it @param onRecord is given each record once it is checked; its bytes do not last */
  constructor(
    private readonly name: string,
    private readonly onRecord: (record: BackupRecord) => void = () => {},
  ) {}

  /** Which backup it is, once its header has come. */
  get id(): string | undefined {
    return this.#header?.id;
  }
  get bytes(): number {
    return this.#bytes;
  }

  get records(): number {
    return this.#found.records;
  }

  /** @throws CliError exit code 3 for the first thing that is wrong */
  push(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    this.#checked(() => {
      this.#reader.push(bytes);
      for (let record = this.#reader.next(); record; record = this.#reader.next()) this.#take(record);
    });
  }

  /** No more bytes come. @throws CliError exit code 3 where the end record is missing */
  finish(): BackupReport {
    this.#checked(() => this.#reader.end());
    if (!this.#header || !this.#isOver) {
      throw dataError(
        `${this.name}: its end record is missing after ${showCountOf(this.#found.records, 'record')}: it was cut off`,
        'Fetch the backup again.',
        'ERR_TRUNCATED',
      );
    }
    const { id, tenant, created } = this.#header;
    return {
      id,
      tenant,
      created: new Date(created).toISOString(),
      ...this.#found,
      records: this.#found.records + 1,
      bytes: this.#bytes,
      sha256: this.#hash.digest('hex'),
    };
  }

  #take(record: BackupRecord): void {
    const { type, ordinal, payload } = record;
    const found = this.#found;
    if (this.#isOver) this.#refuse('a record follows its end');
    if (!this.#header) this.#header = decodeHeader(record);
    else if (ordinal !== found.records) this.#refuse(`expected record ${found.records}, found ${ordinal}`);
    else if (type === RECORD.header) this.#refuse('a second header follows the first');
    if (type === RECORD.end) this.#takeEnd(decodeJson<BackupTotals>(payload));
    else {
      found.records++;
      if (type === RECORD.key) found.keys++;
      else if (type === RECORD.ids) found.ids += decodeIds(payload).ids.length;
      else if (type === RECORD.bucket) {
        const { bucket } = decodeBucket(payload);
        found.buckets++;
        if (!bucket.isRolledUp) found.values += bucket.n;
      }
    }
    this.onRecord(record);
  }

  #takeEnd(totals: BackupTotals): void {
    for (const name of COUNTED) {
      if (totals[name] !== this.#found[name]) {
        this.#refuse(`its end counts ${totals[name]} ${name}, it holds ${this.#found[name]}`);
      }
    }
    this.#isOver = true;
  }

  #refuse(what: string): never {
    throw dataError(`${this.name}: ${what}`, 'Fetch the backup again.', 'ERR_COUNT');
  }

  #checked(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof SketchDataError)) throw error;
      throw dataError(`${this.name}: ${error.message}`, 'Fetch the backup again.', error.code);
    }
  }
}

/** Reads a whole file. @throws CliError exit code 4 where it cannot be read, 3 where it is no whole backup */
export async function checkBackupFile(
  path: string,
  onRecord?: (record: BackupRecord) => void,
): Promise<BackupReport> {
  const check = new BackupCheck(path, onRecord);
  for await (const piece of piecesOf(path)) check.push(piece);
  return check.finish();
}

/** Records of a file that was checked; each lasts until the next one is asked for. */
export async function* recordsOf(path: string): AsyncGenerator<BackupRecord> {
  const reader = new RecordReader();
  for await (const piece of piecesOf(path)) {
    reader.push(piece);
    for (let record = reader.next(); record; record = reader.next()) yield record;
  }
}

async function* piecesOf(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) yield piece;
  } catch (error) {
    throw ioError('read', path, error);
  }
}
