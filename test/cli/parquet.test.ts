/** Parquet as others write it: every codec, every form of decimals. */
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import type { CompressionCodec, SchemaElement } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, describe, expect, it } from 'vitest';
import { EXIT } from '../../src/cli/exit.js';
import { readPath } from './read-values.js';
import { workFolder } from './run-kll.js';

const folder = await workFolder();
const duckdb = await (await DuckDBInstance.create()).connect();
afterAll(() => duckdb.closeSync());

/** Writes a query's rows as Parquet or delimited text; gives the path. */
async function copy(query: string, name: string, options = 'FORMAT parquet'): Promise<string> {
  await duckdb.run(`COPY (${query}) TO '${folder.at(name)}' (${options})`);
  return folder.at(name);
}

/** What holds up to 60 bytes in each codec that counts them; a Zstandard frame of one raw block, a Snappy stream of one literal. */
const COMPRESS: Partial<Record<CompressionCodec, (bytes: Uint8Array) => Uint8Array>> = {
  SNAPPY: (bytes) => Uint8Array.of(bytes.length, (bytes.length - 1) << 2, ...bytes),
  GZIP: gzipSync,
  BROTLI: brotliCompressSync,
  ZSTD: (bytes) => {
    const header = [0x28, 0xb5, 0x2f, 0xfd, 0x20, bytes.length];
    return Uint8Array.of(...header, ((bytes.length << 3) | 1) & 0xff, bytes.length >> 5, 0, ...bytes);
  },
};
const CODECS = Object.entries(COMPRESS) as [CompressionCodec, (bytes: Uint8Array) => Uint8Array][];

describe('pages of every codec', () => {
  it.each([
    'uncompressed',
    'snappy',
    'gzip',
    'zstd',
    'brotli',
    'lz4',
    'lz4_raw',
  ])('that DuckDB writes as %s are read as they are', async (codec) => {
    // Runs of every length, and values that repeat at a distance.
    const query = `SELECT ((i * i) // 37 % 101 + i // 1000)::DOUBLE / 8 AS ms FROM range(20000) AS t(i)`;
    const path = await copy(
      query,
      `${codec}.parquet`,
      `FORMAT parquet, COMPRESSION ${codec}, DICTIONARY_SIZE_LIMIT 1`,
    );
    const values = (await duckdb.runAndReadAll(query)).getColumns()[0];
    expect((await readPath(path)).values).toEqual(values);
  });

  const VALUES = [1.5, 2.5, 3.5, 4.5, 5.5];
  const write = (name: string, codec: CompressionCodec, compress: (bytes: Uint8Array) => Uint8Array) =>
    folder.write(
      name,
      new Uint8Array(
        parquetWriteBuffer({
          columnData: [{ name: 'ms', type: 'DOUBLE', data: VALUES, encoding: 'PLAIN', nullable: false }],
          codec,
          compressors: { [codec]: compress },
        }),
      ),
    );

  it.each(CODECS)('are as many bytes as they state: %s', async (codec, compress) => {
    const file = `${codec}.pages.parquet`;
    await write(file, codec, compress);
    expect((await readPath(folder.at(file))).values).toEqual(VALUES);
    const damages: [string, (bytes: Uint8Array) => Uint8Array][] = [
      ['fewer', (bytes) => compress(bytes.subarray(0, -8))],
      ['more', (bytes) => compress(Uint8Array.of(...bytes, ...bytes.subarray(-8)))],
      ['cut short', (bytes) => compress(bytes).subarray(0, -8)],
      ['none', () => new Uint8Array(0)],
    ];
    for (const [what, damaged] of damages) {
      await write(file, codec, damaged);
      await expect(readPath(folder.at(file)), what).rejects.toMatchObject({
        exitCode: EXIT.data,
        code: 'ERR_PARQUET',
        message: expect.stringContaining('cannot read row group 0 as Parquet: '),
      });
    }
  });
});

describe('decimals', () => {
  const TEXTS = ['29.99', '0.07', '-1.10', '1234567.89', '-0.01', '0.29'];

  /** Writes one column of the physical type that holds whole numbers of hundredths. */
  function stored(element: Omit<SchemaElement, 'name'>, data: unknown[]): Promise<void> {
    const schema: SchemaElement[] = [
      { name: 'root', num_children: 1 },
      { name: 'price', repetition_type: 'REQUIRED', precision: 18, scale: 2, ...element },
    ];
    const file = parquetWriteBuffer({ columnData: [{ name: 'price', data: data as number[] }], schema });
    return folder.write('stored.parquet', new Uint8Array(file));
  }
  const whole = TEXTS.map((text) => BigInt(text.replace('.', '')));
  const bytesOf = (x: bigint, length: number) =>
    Uint8Array.from({ length }, (_, i) => Number(BigInt.asUintN(8, x >> BigInt(8 * (length - 1 - i)))));
  const logical_type = { type: 'DECIMAL', precision: 18, scale: 2 } as const;

  it.each<[string, Omit<SchemaElement, 'name'>, unknown[]]>([
    ['INT32', { type: 'INT32', logical_type }, whole.map(Number)],
    ['INT64', { type: 'INT64', logical_type }, whole],
    [
      'FIXED_LEN_BYTE_ARRAY',
      { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 9, logical_type },
      whole.map((x) => bytesOf(x, 9)),
    ],
    ['BYTE_ARRAY', { type: 'BYTE_ARRAY', logical_type }, whole.map((x, i) => bytesOf(x, 4 + i))],
    ['INT64, as older writers mark it', { type: 'INT64', converted_type: 'DECIMAL' }, whole],
  ])('stored as %s are the numbers of their text', async (_what, element, data) => {
    await stored(element, data);
    expect((await readPath(folder.at('stored.parquet'))).values).toEqual(TEXTS.map(Number));
  });

  it.each([
    [4, 2],
    [9, 4],
    [18, 2],
    [18, 17],
    [38, 2],
    [38, 23],
    [38, 37],
  ])('of DuckDB, precision %i and scale %i, are the numbers of their text', async (precision, scale) => {
    // Up to all digits, of both signs, and a null.
    const digits = `translate(md5(i::VARCHAR) || md5((-i)::VARCHAR), 'abcdef', '123456')`;
    const decimal = `(CASE WHEN i % 2 = 0 THEN '-' ELSE '' END || substr(${digits}, 1, i % ${precision - scale} + 1)
      || '.' || reverse(substr(${digits}, 1, ${scale})))::DECIMAL(${precision}, ${scale})`;
    const query = `SELECT CASE WHEN i = 7 THEN NULL ELSE ${decimal} END AS price FROM range(500) AS t(i)`;
    const path = await copy(query, 'duckdb.parquet');
    const texts = await duckdb.runAndReadAll(`SELECT price::VARCHAR FROM (${query}) WHERE price IS NOT NULL`);
    expect(await readPath(path)).toMatchObject({ values: texts.getColumns()[0].map(Number), missing: 1 });
  });

  it('are true to a sketch of their text', async () => {
    // Few prices of many: one that is taken for another moves all its ranks.
    const query = 'SELECT (29.99 + i % 3)::DECIMAL(9, 2) AS price FROM range(5000) AS t(i)';
    await copy(query, 'prices.csv', 'FORMAT csv, HEADER');
    await copy(query, 'prices.parquet');
    await folder.kll(['build', 'prices.csv', '-k', '200', '--seed', '1', '-o', 'prices.kll']);
    const { code, stdout, stderr } = await folder.kll([
      'verify',
      'prices.kll',
      '--against',
      'prices.parquet',
    ]);
    expect(`${stdout}${stderr}`).toMatch(/^ok /);
    expect(code).toBe(0);
  });
});
