import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXIT } from '../../src/cli/exit.js';
import { ByteSource } from '../../src/cli/input/byte-source.js';
import { detectFormat, readValues } from '../../src/cli/input/detect.js';
import { linesOf } from '../../src/cli/input/lines.js';
import { type FileOptions, readPath } from './read-values.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kll-readers-'));
});
afterAll(() => rm(folder, { recursive: true }));

const FLIGHTS = new URL('../../node_modules/vega-datasets/data/flights-3m.parquet', import.meta.url).pathname;

/** What a terminal would obey, were it written as it is. */
const RED = '\u001b[31m';

async function read(name: string, content: string | Uint8Array, options: FileOptions = {}) {
  const path = join(folder, name);
  await writeFile(path, content);
  return readPath(path, options);
}

describe('lines', () => {
  it('are the same however the bytes are cut', async () => {
    const text = 'ä1\r\nb€\n\n𝄞\n-3.5';
    const bytes = new TextEncoder().encode(text);
    for (let size = 1; size <= bytes.length; size++) {
      const chunks = (async function* () {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      })();
      const lines: string[] = [];
      for await (const some of linesOf(chunks, 'input')) lines.push(...some);
      expect(lines.map((line) => line.trim())).toEqual(['ä1', 'b€', '', '𝄞', '-3.5']);
    }
  });

  it('refuse bytes that are not UTF-8', async () => {
    await expect(read('latin.txt', Uint8Array.of(0x31, 0x0a, 0xe4, 0x0a))).rejects.toMatchObject({
      exitCode: EXIT.data,
      message: expect.stringContaining('not UTF-8'),
    });
  });
});

describe('plain text', () => {
  it('gives one number a line; blank lines are missing values', async () => {
    expect(await read('a.txt', '1\n\n-2.5e3\r\n  7 \n.5\n0\n')).toEqual({
      format: 'text',
      values: [1, -2500, 7, 0.5, 0],
      missing: 1,
      invalid: 0,
    });
  });

  it('needs no line end after the last number, and takes a byte order mark', async () => {
    expect((await read('b.txt', '\uFEFF1\n2')).values).toEqual([1, 2]);
  });

  it.each([
    ['x'],
    ['0x1f'],
    ['1 2'],
    ['NaN'],
    ['Infinity'],
    ['1e999'],
    ['1,5'],
    ['12ms'],
  ])('says on which line %j stands where a number should be', async (bad) => {
    await expect(read('c.txt', `1\n2\n${bad}\n4`, { format: 'text' })).rejects.toMatchObject({
      exitCode: EXIT.data,
      message: expect.stringContaining(`line 3: expected a number, found ${JSON.stringify(bad)}`),
    });
    expect(await read('c.txt', `1\n2\n${bad}\n4`, { format: 'text', skipInvalid: true })).toMatchObject({
      values: [1, 2, 4],
      invalid: 1,
    });
  });

  it('has no columns', async () => {
    await expect(read('d.txt', '1\n', { column: 'x' })).rejects.toMatchObject({ exitCode: EXIT.usage });
  });

  it('keeps order and count over many batches', async () => {
    const count = 50_000;
    const text = Array.from({ length: count }, (_, i) => i).join('\n');
    const { values } = await read('e.txt', text);
    expect(values).toEqual(Array.from({ length: count }, (_, i) => i));
  });
});

describe('delimited text', () => {
  const table = 'name,"ms, total",note\n"a ""b""",12,"two\nlines"\nc,,\nd,-3.5,"x,y"\n';

  it('gives a column by its name; quotes, quoted line ends and empty cells are understood', async () => {
    expect(await read('a.csv', table, { column: 'ms, total' })).toEqual({
      format: 'csv',
      values: [12, -3.5],
      missing: 1,
      invalid: 0,
    });
  });

  it('gives a column by its position', async () => {
    expect((await read('b.csv', table, { column: '2' })).values).toEqual([12, -3.5]);
    expect((await read('b.csv', '1,2\n3,4\n', { column: '2', header: false })).values).toEqual([2, 4]);
  });

  it('takes the only column without being told', async () => {
    expect((await read('c.csv', 'ms\n1\n2\n')).values).toEqual([1, 2]);
  });

  it('takes tabs and other delimiters', async () => {
    expect((await read('d.tsv', 'a\tb\n1\t2\n', { column: 'b' })).values).toEqual([2]);
    expect((await read('e.csv', 'a;b\n1;2\n', { column: 'b', delimiter: ';' })).values).toEqual([2]);
  });

  it.each([
    ['table', 'a;b\n1;2\n', ';'],
    ['table.txt', 'a;b\n1;2\n', ';'],
    ['table.tsv', 'a|b\n1|2\n', '|'],
    ['table', '{a};b\n1;2\n', ';'],
    ['table', 'a\tb\n1\t2\n', '\t'],
  ])('is what %s holds wherever a delimiter is given', async (name, text, delimiter) => {
    expect(await read(name, text, { column: 'b', delimiter })).toMatchObject({ format: 'csv', values: [2] });
  });

  it('counts CRLF as one line end', async () => {
    expect((await read('f.csv', 'a,b\r\n1,2\r\n3,4\r\n', { column: 'b' })).values).toEqual([2, 4]);
  });

  it('takes line ends of every kind in one file, whichever comes first', async () => {
    const ends = ['\r\n', '\n', '\r'];
    for (const first of ends) {
      for (const other of ends) {
        const options = { column: 'b' };
        const text = `a,b${first}1,2${other}3,"4"${other}5,6${first}7,8`;
        expect(await read('mixed.csv', text, options)).toMatchObject({ values: [2, 4, 6, 8] });
        expect(await read('mixed.csv', text, { ...options, skipInvalid: true })).toMatchObject({
          values: [2, 4, 6, 8],
          missing: 0,
          invalid: 0,
        });
        expect(await read('one.csv', `ms${first}1${other}${other}2${first}`)).toMatchObject({
          values: [1, 2],
        });
        const quoted = `a,b,c${first}1,2,"x${other}y"${first}3,4,""${first}`;
        expect(await read('quoted.csv', quoted, options)).toMatchObject({ values: [2, 4] });
      }
    }
  });

  it('counts lines by their ends, whatever they are', async () => {
    await expect(read('lines.csv', 'a,b\r\n1,2\n\n"3\n",4\r\n5,x\n', { column: 'b' })).rejects.toMatchObject({
      message: expect.stringContaining('line 6, column "b": expected a number, found "x"'),
    });
  });

  it.each([
    ['an unknown column', 'a,b\n1,2\n', { column: 'c' }, EXIT.usage, 'no column "c"'],
    ['an ambiguous column', 'a,a\n1,2\n', { column: 'a' }, EXIT.usage, 'more than one column "a"'],
    ['a missing choice', 'a,b\n1,2\n', {}, EXIT.usage, 'which of 2 columns'],
    [
      'a bad cell',
      'a,b\n1,2\n3,x\n',
      { column: 'b' },
      EXIT.data,
      'line 3, column "b": expected a number, found "x"',
    ],
    ['a short record', 'a,b\n1,2\n3\n', { column: 'b' }, EXIT.data, 'line 3'],
    ['an open quote', 'a,b\n1,2\n"3,4\n', { column: 'b' }, EXIT.data, 'Quote'],
    ['an empty file', '', { column: 'b' }, EXIT.data, 'no records'],
  ])('says what is wrong with %s', async (_what, text, options, exitCode, message) => {
    await expect(read('bad.csv', text, options)).rejects.toMatchObject({
      exitCode,
      message: expect.stringContaining(message),
      hint: expect.any(String),
    });
  });

  it('quotes the names to choose from, and says what a decimal comma needs', async () => {
    await expect(read('bad.csv', 'a b,"c, d"\n1,2\n', {})).rejects.toMatchObject({
      hint: 'Name it with --column: "a b", "c, d".',
    });
    const options = { column: 'ms', delimiter: ';' };
    await expect(read('bad.csv', 'ms;n\n1,5;2\n', options)).rejects.toMatchObject({
      message: expect.stringContaining('expected a number, found "1,5"'),
      hint: expect.stringContaining('Decimal commas'),
    });
  });

  it('takes short records, and leaves out bad cells and what decimal commas cut in two, when asked', async () => {
    const options = { column: 'b', skipInvalid: true };
    expect(await read('g.csv', 'a,b\n1,2\n3\n4,x\n5,6,7\n8,9, ,\n', options)).toMatchObject({
      values: [2, 9],
      missing: 1,
      invalid: 2,
    });
    expect(await read('c.csv', 'ms\n1,5\n2\n1,234\n', { skipInvalid: true })).toMatchObject({
      values: [2],
      invalid: 2,
    });
  });
});

describe('NDJSON', () => {
  it('gives a field of each record, nested ones by their path; null and absent fields are missing', async () => {
    const text = '{"a":{"b":1}}\n{"a":{"b":null}}\n{"a":{}}\n{}\n\n{"a.b":4}\n{"a":{"b":2.5}}\n';
    expect(await read('a.ndjson', text, { column: 'a.b' })).toEqual({
      format: 'ndjson',
      values: [1, 4, 2.5],
      missing: 4,
      invalid: 0,
    });
  });

  it('takes bare numbers', async () => {
    expect((await read('b.jsonl', '1\n2.5\nnull\n')).values).toEqual([1, 2.5]);
  });

  it('leaves out records among bare numbers, when asked', async () => {
    const text = '1\n{"a":2}\n[3]\n4\n';
    expect(await read('c.jsonl', text, { skipInvalid: true })).toMatchObject({ values: [1, 4], invalid: 2 });
  });

  it.each([
    ['text that is not JSON', '{"a":1}\n{"a":\n', { column: 'a' }, 'line 2: not JSON'],
    ['a string', '{"a":1}\n{"a":"2"}\n', { column: 'a' }, 'line 2, field "a": expected a number, found "2"'],
    ['a number beyond doubles', '{"a":1e999}\n', { column: 'a' }, 'line 1'],
    ['an unnamed field', '{"a":1,"b":2}\n', {}, 'line 1: a record, expected a number'],
    ['a field nothing has', '{"a":1}\n', { column: 'b' }, 'no record has a field "b"'],
    ['an array on one line', '[{"a":1}]\n', { column: 'a' }, 'a JSON array'],
    ['an array on many lines', '[\n{"a":1}\n]\n', { column: 'a' }, 'line 1'],
  ])('says what is wrong with %s', async (_what, text, options, message) => {
    await expect(read('bad.ndjson', text, options)).rejects.toMatchObject({
      exitCode: EXIT.data,
      message: expect.stringContaining(message),
    });
  });
});

describe('Parquet', () => {
  it('gives every value of the column, a row group at a time', async () => {
    const source = await ByteSource.open(FLIGHTS);
    expect(detectFormat(source)).toBe('parquet');
    const { collector, batches } = readValues(source, 'parquet', { column: 'delay' });
    let sum = 0;
    for await (const batch of batches) for (const x of batch) sum += x;
    expect(collector).toMatchObject({ values: 3_000_000, missing: 0, invalid: 0 });
    expect(sum).toBe(20_003_603);
    // Only the wanted column is read.
    expect(source.position).toBeLessThan(source.size! / 2);
  });

  it.each([
    ['unknown', 'no column "unknown"'],
    ['origin', '"origin" does not hold numbers'],
    ['date', '"date" does not hold numbers'],
    [undefined, 'which of 5 columns'],
  ])('says which columns there are when asked for %s', async (column, message) => {
    await expect(readPath(FLIGHTS, column ? { column } : {})).rejects.toMatchObject({
      exitCode: EXIT.usage,
      message: expect.stringContaining(message),
      hint: expect.stringContaining('"delay", "distance"'),
    });
  });

  /** A table of one column of doubles, in row groups and pages of few. */
  const doubles = (data: (number | null)[]) =>
    new Uint8Array(
      parquetWriteBuffer({
        columnData: [{ name: 'ms', type: 'DOUBLE', data, nullable: true, encoding: 'PLAIN' }],
        rowGroupSize: 40,
        pageSize: 64,
      }),
    );

  it('gives all pages of a row group, nulls as missing', async () => {
    const values = Array.from({ length: 100 }, (_, i) => (i % 10 === 3 ? null : i / 8));
    expect(await read('pages.parquet', doubles(values))).toEqual({
      format: 'parquet',
      values: values.filter((x) => x !== null),
      missing: 10,
      invalid: 0,
    });
  });

  it.each([
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ])('says in which row %d stands, or leaves it out', async (bad) => {
    const file = doubles(Array.from({ length: 60 }, (_, i) => (i === 50 ? bad : i)));
    await expect(read('nan.parquet', file)).rejects.toMatchObject({
      exitCode: EXIT.data,
      code: 'ERR_INPUT',
      message: expect.stringContaining(`row 51, column "ms": expected a number, found ${bad}`),
    });
    expect(await read('nan.parquet', file, { skipInvalid: true })).toMatchObject({ invalid: 1 });
  });

  it('refuses a row group whose pages do not hold its rows', async () => {
    const file = Buffer.from(doubles(Array.from({ length: 10 }, (_, i) => i)));
    // The last field of the only row group: num_rows, as a zigzag varint.
    file[file.lastIndexOf(Uint8Array.of(0x16, 20)) + 1] = 24;
    await expect(read('short.parquet', file)).rejects.toMatchObject({
      exitCode: EXIT.data,
      code: 'ERR_PARQUET',
      message: expect.stringContaining('expected 12 rows, found 10'),
    });
  });

  it('refuses pages that are damaged', async () => {
    const flights = await readFile(FLIGHTS);
    await expect(
      read('damaged.parquet', flights.fill(255, 3e6, 3e6 + 14), { column: 'distance' }),
    ).rejects.toMatchObject({
      exitCode: EXIT.data,
      message: expect.stringMatching(/damaged\.parquet: cannot read row group \d+ as Parquet: /),
    });
  });

  it.each([
    ['cut short', new TextEncoder().encode('PAR1 and then nothing of the kind')],
    ['only its magic', new TextEncoder().encode('PAR1'), 'expected at least 12 bytes, found 4'],
    ['empty', new Uint8Array(0), 'expected at least 12 bytes, found 0'],
    ['something else', new TextEncoder().encode('a,b\n1,2\n3,4\n5,6\n')],
  ])('refuses a file that is %s', async (_what, bytes, message = '') => {
    await expect(read('bad.parquet', bytes, { column: 'a' })).rejects.toMatchObject({
      exitCode: EXIT.data,
      code: 'ERR_PARQUET',
      message: expect.stringMatching(`bad\\.parquet: cannot read its footer as Parquet: .*${message}`),
    });
  });
});

describe('a source', () => {
  it('is gunzipped where it is compressed, and its format is that of its content', async () => {
    const text = Array.from({ length: 30_000 }, (_, i) => `{"ms":${i}}`).join('\n');
    const { format, values } = await read('a.ndjson.gz', gzipSync(text), { column: 'ms' });
    expect(format).toBe('ndjson');
    expect(values).toHaveLength(30_000);
  });

  it('that is damaged gzip data is refused', async () => {
    const bytes = gzipSync(Array.from({ length: 30_000 }, (_, i) => i).join('\n'));
    await expect(read('b.gz', bytes.subarray(0, bytes.length / 2))).rejects.toMatchObject({
      exitCode: EXIT.data,
      message: expect.stringContaining('damaged gzip data'),
    });
  });

  it('that is a named pipe is opened once, and gives what one writer writes', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const written = writeFile(pipe, '1\n2\n3\n');
    expect((await readPath(pipe, { format: 'text' })).values).toEqual([1, 2, 3]);
    await written;
  });

  it('that is absent or a directory is an error of reading', async () => {
    await expect(ByteSource.open(join(folder, 'absent'))).rejects.toMatchObject({
      exitCode: EXIT.io,
      code: 'ERR_FILE_ABSENT',
    });
    await expect(ByteSource.open(folder)).rejects.toMatchObject({ exitCode: EXIT.io, code: 'ERR_FILE_KIND' });
  });

  it('without a telling name is recognised by its content', async () => {
    expect((await read('plain', '12\n13\n')).format).toBe('text');
    expect((await read('records', '{"a":1}\n', { column: 'a' })).format).toBe('ndjson');
    expect((await read('table', 'a,b\n1,2\n', { column: 'b' })).format).toBe('csv');
    expect((await read('tabs', 'a\tb\n1\t2\n', { column: 'b' })).format).toBe('tsv');
    expect((await read('word', 'ms\n1\n2\n')).format).toBe('csv');
  });
});

it('shows the name of a column as text, whatever is in it', async () => {
  const refused = read('red.csv', `${RED}a\n1\nx\n`, { column: '1' });
  await expect(refused).rejects.toThrow('column "\\u001b[31ma"');
});
