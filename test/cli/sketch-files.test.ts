import { chmod, lstat, mkdir, readdir, readFile, stat, symlink } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { fromAny, fromDataSketches, toDataSketches } from '../../src/formats.js';
import { KllSketch } from '../../src/index.js';
import { crc32 } from '../../src/wire/crc32.js';
import { latencies, workFolder } from './run-kll.js';

const folder = await workFolder();
const first = latencies(30_000, 1);
const second = latencies(30_000, 2, 1.3);
await folder.write('first.txt', first.join('\n'));
await folder.write('second.txt', second.join('\n'));
await folder.kll(['build', 'first.txt', '--seed', '1', '-o', 'first.kll']);
await folder.kll(['build', 'second.txt', '--seed', '2', '-o', 'second.kll']);

describe('kll build', () => {
  it('writes the image that the library gives for the same seed and values', async () => {
    const bytes = await readFile(folder.at('first.kll'));
    const sketch = KllSketch.fromBytes(bytes);
    expect(sketch.n).toBe(30_000);
    expect(sketch.seed).toBe(1n);
    const [min, max] = [Math.min(...first), Math.max(...first)];
    expect([sketch.min, sketch.max]).toEqual([min, max]);
    await folder.kll(['build', 'first.txt', '--seed', '1', '-o', 'again.kll']);
    expect(await readFile(folder.at('again.kll'))).toEqual(bytes);
  });

  it('writes to standard output what it writes to a file, and remarks on standard error', async () => {
    for (const output of [[], ['-o', '-']]) {
      const args = ['build', 'first.txt', '--seed', '1', ...output];
      const { code, stdoutBytes, stderr } = await folder.kll(args);
      expect(code).toBe(0);
      expect(stdoutBytes).toEqual(await readFile(folder.at('first.kll')));
      expect(stderr).toMatch(/^kll: wrote standard output: compact, \d+ bytes, 30,000 values$/m);
    }
    expect(await readdir(folder.path)).not.toContain('-');
  });

  it('writes to where a link leads, and leaves the link', async () => {
    await mkdir(folder.at('kept'));
    await folder.write('kept/sketch.kll', 'of before');
    await symlink('kept/sketch.kll', folder.at('link.kll'));
    expect((await folder.kll(['build', 'first.txt', '--seed', '1', '-o', 'link.kll'])).code).toBe(0);
    expect((await lstat(folder.at('link.kll'))).isSymbolicLink()).toBe(true);
    expect(await readFile(folder.at('kept/sketch.kll'))).toEqual(await readFile(folder.at('first.kll')));
    expect(await readdir(folder.at('kept'))).toEqual(['sketch.kll']);
  });

  it('leaves the permissions of the file that it replaces, whatever the umask', async () => {
    await folder.write('shared.kll', 'of before');
    await chmod(folder.at('shared.kll'), 0o666);
    const umask = process.umask(0o022);
    const { code } = await folder.kll(['build', 'first.txt', '-o', 'shared.kll']);
    process.umask(umask);
    expect(code).toBe(0);
    expect((await stat(folder.at('shared.kll'))).mode & 0o777).toBe(0o666);
  });

  it('takes k, tails, precision and leaves out the state', async () => {
    const args = ['-k', '50', '--tails', 'both', '--precision', 'bits:6', '--no-state'];
    const { json } = await folder.kll(['build', 'first.txt', ...args, '-o', 'small.kll', '--json']);
    expect(json).toMatchObject({
      schema: 'kll.build/1',
      input: { name: 'first.txt', format: 'text', missing: 0, invalid: 0 },
      output: { name: 'small.kll', form: 'compact' },
      sketch: { n: 30_000, k: 50, tails: 'both' },
    });
    const bytes = await readFile(folder.at('small.kll'));
    expect(bytes.length).toBe(json.output.bytes);
    expect(bytes.length).toBeLessThan((await readFile(folder.at('first.kll'))).length / 2);
  });

  it('writes the small copy of a large sketch that the library condenses', async () => {
    const large = new KllSketch({ k: 1024, seed: 1 }).extend(first);
    const args = [
      'build',
      'first.txt',
      '-k',
      '1024',
      '--seed',
      '1',
      '--condense',
      '200',
      '-o',
      'sent.kll',
      '--json',
    ];
    const { json } = await folder.kll(args);
    const bytes = await readFile(folder.at('sent.kll'));
    expect(bytes).toEqual(Buffer.from(large.clone().condense(200).toBytes()));
    expect(json).toMatchObject({
      output: { bytes: bytes.length },
      sketch: { n: 30_000, k: 200, minK: 1024 },
    });
    const sharp = await folder.kll([...args, '--sharp', '--to', 'json']);
    expect(sharp.json.sketch.retained).toBe(large.clone().condense(200, { sharp: true }).numRetained);
    await folder.kll([...args, '--sharp']);
    expect(await readFile(folder.at('sent.kll'))).toEqual(
      Buffer.from(large.condense(200, { sharp: true }).toBytes()),
    );
  });

  it('writes Apache images of every type', async () => {
    for (const type of ['double', 'float'] as const) {
      await folder.kll(['build', 'first.txt', '--to', `datasketches-${type}`, '-o', `first.${type}`]);
      expect(fromDataSketches(await readFile(folder.at(`first.${type}`)), type).n).toBe(30_000);
    }
    await folder.kll(['build', '--to', 'datasketches-long', '-o', 'whole.long'], '3\n-1\n2\n');
    expect(fromDataSketches(await readFile(folder.at('whole.long')), 'long').quantile(0.5)).toBe(2);
  });

  it('refuses values that the form cannot hold, and writes nothing', async () => {
    const { code, stderr } = await folder.kll(
      ['build', '--to', 'datasketches-long', '-o', 'none.long'],
      '1.5\n2\n',
    );
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /^kll: ERR_NOT_INTEGER: standard input: an Apache image of longs cannot .* 1\.5\n/,
    );
    expect(stderr).toContain('--to datasketches-double');
    expect(await readdir(folder.path)).not.toContain('none.long');
    expect(
      await folder.kll(['convert', 'first.kll', '--to', 'datasketches-long', '-o', 'none.long']),
    ).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^kll: ERR_NOT_INTEGER: first\.kll: /),
    });
    expect(
      await folder.kll(['build', '--to', 'datasketches-float', '-o', 'none.float'], '1e300\n'),
    ).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^kll: ERR_FLOAT_OVERFLOW: standard input: /),
    });
  });

  it('leaves no half-written file beside a target that cannot be written', async () => {
    await mkdir(folder.at('taken'), { recursive: true });
    const { code, stderr } = await folder.kll(['build', 'first.txt', '-o', 'taken']);
    expect(code).toBe(4);
    expect(stderr).toContain('cannot write taken');
    expect((await readdir(folder.path)).filter((name) => name.endsWith('.part'))).toEqual([]);
    expect(await folder.kll(['build', 'first.txt', '-o', 'no/such/folder.kll'])).toMatchObject({
      code: 4,
      stderr: 'kll: ERR_FILE_ABSENT: cannot write no/such/folder.kll: there is no such folder\n',
    });
  });

  it('does not make a sketch of a sketch', async () => {
    expect(await folder.kll(['build', 'first.kll', '-o', 'x.kll'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('it is a sketch already'),
    });
  });
});

describe('kll merge', () => {
  it('gives a sketch of all values, whatever the forms of the sources', async () => {
    await folder.kll(['convert', 'second.kll', '--to', 'datasketches-double', '-o', 'second.sk']);
    await folder.kll(['convert', 'first.kll', '--to', 'json', '-o', 'first.json']);
    const { code, json } = await folder.kll(['merge', 'first.json', 'second.sk', '-o', 'both.kll', '--json']);
    expect(code).toBe(0);
    expect(json).toMatchObject({ schema: 'kll.merge/1', sources: 2, skipped: [], sketch: { n: 60_000 } });
    expect(json.guessed).toEqual([{ name: 'second.sk', itemType: 'double' }]);
    const sketch = KllSketch.fromBytes(await readFile(folder.at('both.kll')));
    const sorted = [...first, ...second].sort((a, b) => a - b);
    const median = sketch.quantile(0.5);
    expect(Math.abs(sorted.findIndex((x) => x >= median) / 60_000 - 0.5)).toBeLessThan(sketch.rankError());
  });

  it('says which item types it had to find out, and no others', async () => {
    await folder.kll(['build', 'first.txt', '-o', 'i.sk', '--to', 'datasketches-float']);
    await folder.kll(['build', 'first.txt', '-o', 'd.sk', '--to', 'datasketches-double']);
    const { stderr } = await folder.kll(['merge', 'i.sk', 'd.sk', 'd.sk', 'first.kll', '-o', 'g.kll']);
    expect(stderr).toContain('1 Apache image read as float, as the bytes look: --type says otherwise\n');
    expect(stderr).toContain('2 Apache images read as double, as the bytes look: --type says otherwise\n');
    const typed = ['merge', 'd.sk', 'first.kll', '--type', 'double', '-o', 'g.kll'];
    expect((await folder.kll(typed)).stderr).not.toContain('Apache');
    expect((await folder.kll([...typed, '--json'])).json.guessed).toEqual([]);
  });

  it('condenses what it merged, and kll convert what it reads', async () => {
    await folder.kll(['build', 'first.txt', '-k', '1024', '-o', 'large.kll']);
    const merged = ['merge', 'large.kll', 'second.kll', '--condense', '100', '-o', 'sent.kll', '--json'];
    expect((await folder.kll(merged)).json.sketch).toMatchObject({ n: 60_000, k: 100, minK: 200 });
    const converted = [
      'convert',
      'large.kll',
      '--condense',
      '100',
      '--to',
      'datasketches-double',
      '-o',
      'sent.sk',
      '--json',
    ];
    expect((await folder.kll(converted)).json.sketch).toMatchObject({ n: 30_000, k: 100 });
    expect(fromDataSketches(await readFile(folder.at('sent.sk'))).k).toBe(100);
  });

  it('reads one of its sources from standard input, and no more than one', async () => {
    const bytes = await readFile(folder.at('second.kll'));
    const { json } = await folder.kll(['merge', 'first.kll', '-', '-o', 'm.kll', '--json'], bytes);
    expect(json.sketch.n).toBe(60_000);
    expect(await folder.kll(['merge', '-', '-', '-o', 'm.kll'], bytes)).toMatchObject({ code: 2 });
  });

  it('ends at a source that is refused, or leaves it out when asked', async () => {
    await folder.write('bad.kll', Uint8Array.of(0xc7, 0x12, 0, 1, 2, 3, 4));
    expect(await folder.kll(['merge', 'first.kll', 'bad.kll', '-o', 'n.kll'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('bad.kll'),
    });
    expect(await readdir(folder.path)).not.toContain('n.kll');
    const { code, json } = await folder.kll([
      'merge',
      'first.kll',
      'bad.kll',
      '--skip-invalid',
      '-o',
      'n.kll',
      '--json',
    ]);
    expect(code).toBe(0);
    expect(json.sources).toBe(1);
    expect(json.skipped).toEqual([
      { name: 'bad.kll', code: expect.stringMatching(/^ERR_/), message: expect.any(String) },
    ]);
    expect(await folder.kll(['merge', 'bad.kll', '--skip-invalid', '-o', 'o.kll'])).toMatchObject({
      code: 3,
    });
  });
});

describe('kll query', () => {
  it('answers quantiles and ranks with bounds', async () => {
    const { json } = await folder.kll([
      'query',
      'first.kll',
      '--q',
      'p50,p99',
      '--rank',
      '20,-5,1e9',
      '--json',
    ]);
    const sketch = KllSketch.fromBytes(await readFile(folder.at('first.kll')));
    expect(json).toMatchObject({ schema: 'kll.query/1', n: 30_000 });
    expect(json.quantiles).toEqual(
      [0.5, 0.99].map((rank) => ({
        percentile: rank === 0.5 ? 'p50' : 'p99',
        rank,
        value: sketch.quantile(rank),
        ...sketch.quantileBounds(rank),
      })),
    );
    expect(json.ranks).toEqual(
      [20, -5, 1e9].map((value) => ({ value, rank: sketch.rank(value), ...sketch.rankBounds(value) })),
    );
  });

  it('shows tables, p50 to p99.9 unless told otherwise', async () => {
    const { stdout } = await folder.kll(['query', 'first.kll']);
    expect(stdout.match(/^p[\d.]+/gm)).toEqual(['p50', 'p90', 'p95', 'p99', 'p99.9']);
    const ranks = await folder.kll(['query', 'first.kll', '--rank', '20']);
    expect(ranks.stdout).toMatch(/^value +at or below +99 % bounds$/m);
    expect(ranks.stdout).toMatch(/^ +20 +[\d.]+ % +[\d.]+ % \.\. [\d.]+ %$/m);
  });

  it('tells at-or-below from below', async () => {
    await folder.kll(['build', '-o', 'ties.kll'], '1\n1\n1\n2\n');
    const rank = async (...more: string[]) =>
      (await folder.kll(['query', 'ties.kll', '--rank', '1', '--json', ...more])).json.ranks[0].rank;
    expect(await rank()).toBe(0.75);
    expect(await rank('--exclusive')).toBe(0);
  });

  it('gives bounds of the rank that is asked for', async () => {
    // Far more ties than values can be mistaken by: at and below 1 are different ranks.
    const ties = Array.from({ length: 30_000 }, (_, i) => (i % 3 === 0 ? [0, 2][(i / 3) % 2] : 1));
    await folder.kll(['build', '-o', 'ties.kll'], ties.join('\n'));
    const args = ['query', 'ties.kll', '--json', '--rank=-1,0,5e-324,1,2,3'];
    const { ranks } = (await folder.kll([...args, '--exclusive'])).json;
    const below = [0, 0, 1 / 6, 1 / 6, 5 / 6, 1];
    for (const [i, { rank, lower, upper }] of ranks.entries()) {
      expect(lower).toBeLessThanOrEqual(rank);
      expect(upper).toBeGreaterThanOrEqual(rank);
      expect(lower).toBeLessThanOrEqual(below[i]);
      expect(upper).toBeGreaterThanOrEqual(below[i]);
      expect(upper - lower).toBeLessThan(0.05);
    }
    expect(ranks[4].upper).toBeLessThan(1);
  });

  it.each([
    [0, -Number.MIN_VALUE, Number.MIN_VALUE],
    [-0, -Number.MIN_VALUE, Number.MIN_VALUE],
    [Number.MIN_VALUE, 0, 1],
    [-1, -1 - 2 ** -52, 0],
    [1, 1 - 2 ** -53, 2],
    [-Number.MAX_VALUE, -1e308, 0],
  ])('gives as bounds of what is below %d the share that is', async (value, ...others) => {
    await folder.kll(['build', '-o', 'few.kll'], [value, ...others].map(String).join('\n'));
    const args = ['query', 'few.kll', '--json', '--exclusive', `--rank=${value}`];
    const share = others.filter((x) => x < value).length / 3;
    const [{ rank, lower, upper }] = (await folder.kll(args)).json.ranks;
    expect(rank).toBe(share);
    expect(lower).toBeCloseTo(share, 15);
    expect(upper).toBeCloseTo(share, 15);
  });

  it('interpolates when asked', async () => {
    await folder.kll(['build', '-o', 'two.kll'], '0\n10\n');
    const median = async (...more: string[]) =>
      (await folder.kll(['query', 'two.kll', '--q', 'p50', '--json', ...more])).json.quantiles[0].value;
    expect(await median()).toBe(0);
    expect(await median('--interpolate')).toBe(5);
  });

  it.each([
    ['--exclusive'],
    ['--interpolate'],
  ])('gives values within their bounds with %s', async (option) => {
    await folder.kll(['build', '-o', 'four.kll'], '1\n2\n3\n4\n');
    const args = ['--q', 'p0,p25,p50,p99,p100', '--json', option];
    for (const { value, lower, upper } of (await folder.kll(['query', 'four.kll', ...args])).json.quantiles) {
      expect([lower, upper]).toEqual([value, value]);
    }
    const steps = Array.from({ length: 50_000 }, (_, i) => Math.floor(i / 5000)).join('\n');
    await folder.kll(['build', '--seed', '1', '-o', 'steps.kll'], steps);
    for (const { value, lower, upper } of (await folder.kll(['query', 'steps.kll', ...args])).json
      .quantiles) {
      expect(lower).toBeLessThanOrEqual(value);
      expect(upper).toBeGreaterThanOrEqual(value);
    }
  });

  it('reads the sketch from standard input', async () => {
    const { json } = await folder.kll(['query', '--json'], await readFile(folder.at('first.kll')));
    expect(json.n).toBe(30_000);
  });
});

describe('kll convert', () => {
  it('keeps n, min, max and answers from form to form', async () => {
    const original = KllSketch.fromBytes(await readFile(folder.at('first.kll')));
    for (const form of ['compact', 'json', 'datasketches-double', 'datasketches-float']) {
      const { code, json } = await folder.kll([
        'convert',
        'first.kll',
        '--to',
        form,
        '-o',
        `converted.${form}`,
        '--json',
      ]);
      expect(code).toBe(0);
      expect(json).toMatchObject({ schema: 'kll.convert/1', output: { form }, input: { form: 'compact' } });
      const back = await folder.kll(['summary', `converted.${form}`, '--json']);
      expect(back.json.sketch.n).toBe(30_000);
      expect(back.json.sketch.max).toBe(form.endsWith('float') ? Math.fround(original.max) : original.max);
      const rank = original.rank(back.json.percentiles[5].value + 0.05);
      expect(Math.abs(rank - 0.5)).toBeLessThan(2 * original.rankError());
    }
  });

  it('of a compact image with its state is the same image', async () => {
    const { stdoutBytes } = await folder.kll(['convert', 'first.kll']);
    expect(stdoutBytes).toEqual(await readFile(folder.at('first.kll')));
  });

  it('finds out how the items of an Apache image are stored', async () => {
    await folder.write('counts.txt', Array.from({ length: 5000 }, (_, i) => i - 2500).join('\n'));
    for (const type of ['double', 'float', 'long']) {
      await folder.kll(['build', 'counts.txt', '--to', `datasketches-${type}`, '-o', `counts.${type}`]);
      const { json } = await folder.kll(['summary', `counts.${type}`, '--json']);
      expect(json.input.itemType).toBe(type);
      expect(json.sketch).toMatchObject({ n: 5000, min: -2500, max: 2499 });
      const queried = await folder.kll(['query', `counts.${type}`, '--json']);
      expect(queried.json.input).toMatchObject({
        form: 'datasketches',
        itemType: type,
        isItemTypeGuessed: true,
      });
    }
    const { json } = await folder.kll(['inspect', 'counts.double', '--type', 'double', '--json']);
    expect(json.input).toMatchObject({ itemType: 'double', isItemTypeGuessed: false });
  });

  it('refuses an Apache image of longs beyond 2^53 in place of taking them for doubles', async () => {
    const longs = BigInt64Array.from(
      { length: 500 },
      (_, i) => 1_763_000_000_000_000_000n + BigInt(i) * 1_000_000n,
    );
    // Doubles of the same bits have the same image.
    const sketch = new KllSketch().extend(new Float64Array(longs.buffer));
    await folder.write('ns.sk', toDataSketches(sketch, 'double'));
    expect(await folder.kll(['query', 'ns.sk'])).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^kll: ERR_ITEMS: ns\.sk: .*\n.*--type double, float or long/),
    });
    expect((await folder.kll(['query', 'ns.sk', '--type', 'double'])).code).toBe(0);
  });

  it('knows JSON whatever the order of its members, and what stands before it', async () => {
    await folder.kll(['convert', 'first.kll', '--to', 'json', '-o', 'first.json']);
    const text = await readFile(folder.at('first.json'), 'utf8');
    const { format, bytes } = JSON.parse(text);
    const small = JSON.parse((await folder.kll(['build', '--to', 'json'], '1\n2\n')).stdout);
    const large = new KllSketch({ k: 4096, seed: 1 }).extend(first).toJSON();
    for (const [json, n] of [
      [JSON.stringify({ bytes, format }), 30_000],
      [JSON.stringify({ id: 1, bytes, format }, null, 2), 30_000],
      [JSON.stringify({ bytes: large.bytes, format }), 30_000],
      [JSON.stringify({ bytes: small.bytes, format }), 2],
      [`\n ${text}`, 30_000],
      [`\uFEFF${text}`, 30_000],
    ] as const) {
      expect((await folder.kll(['query', '--json'], json)).json.n).toBe(n);
      expect((await folder.kll(['summary', '--json'], json)).json.input.format).toBe('json');
    }
    const records = '{"bytes":"xyz","ms":1}\n{"sketch":{"format":"kll-wasm/1"},"ms":2}\n';
    expect((await folder.kll(['summary', '-c', 'ms', '--json'], records)).json.sketch.n).toBe(2);
    const nested = records.split('\n').reverse().join('\n');
    expect((await folder.kll(['summary', '-c', 'ms', '--json'], nested)).json.sketch.n).toBe(2);
  });

  it('reads KLL1 and KLL2', async () => {
    await folder.write('old.kll1', kll1([3, 1, 2], [10]));
    await folder.write('old.kll2', kll2([3, 1, 2], [10]));
    for (const form of ['kll1', 'kll2']) {
      const { code, json } = await folder.kll(['convert', `old.${form}`, '-o', `${form}.kll`, '--json']);
      expect(code).toBe(0);
      expect(json).toMatchObject({ input: { form }, sketch: { n: 5, k: 200, min: 1, max: 10 } });
      expect(KllSketch.fromBytes(await readFile(folder.at(`${form}.kll`))).rank(3)).toBe(0.6);
      const inspected = await folder.kll(['inspect', `old.${form}`, '--json']);
      expect(inspected.json).toMatchObject({
        checksum: form === 'kll2' ? 'good' : 'none',
        header: { k: 200, n: '5' },
      });
    }
  });

  it('rounds, which Apache images do not', async () => {
    const { json } = await folder.kll([
      'convert',
      'first.kll',
      '--precision',
      'decimals:0',
      '-o',
      'r.kll',
      '--json',
    ]);
    expect(json.output.bytes).toBeLessThan((await readFile(folder.at('first.kll'))).length);
    const rounded = fromAny(await readFile(folder.at('r.kll')), { type: 'double' });
    expect([...rounded].every(({ item }) => Number.isInteger(item))).toBe(true);
    const refused = await folder.kll([
      'convert',
      'first.kll',
      '--precision',
      'bits:5',
      '--to',
      'datasketches-double',
      '-o',
      'x',
    ]);
    expect(refused.code).toBe(2);
  });
});

/** Level lengths and items as KLL1 and KLL2 have them: big-endian. */
function levelBytes(levels: number[][]): Buffer {
  return Buffer.concat(
    levels.map((items) => {
      const bytes = Buffer.alloc(4 + 8 * items.length);
      bytes.writeUInt32BE(items.length);
      for (const [i, item] of items.entries()) bytes.writeDoubleBE(item, 4 + 8 * i);
      return bytes;
    }),
  );
}

function kll1(...levels: number[][]): Buffer {
  const head = Buffer.alloc(28);
  head.write('KLL1');
  head.writeUInt32BE(200, 4);
  head.writeBigUInt64BE(BigInt(weightOf(levels)), 8);
  head.writeUInt32BE(levels.length, 16);
  return Buffer.concat([head, levelBytes(levels)]);
}

function kll2(...levels: number[][]): Buffer {
  const items = levels.flat();
  const fields = Buffer.alloc(69);
  fields.writeUInt8(1, 0);
  fields.writeUInt32BE(200, 1);
  fields.writeUInt32BE(200, 5);
  fields.writeBigUInt64BE(BigInt(weightOf(levels)), 9);
  fields.writeUInt32BE(levels.length, 17);
  fields.writeBigUInt64BE(BigInt(items.length), 45);
  fields.writeDoubleBE(Math.min(...items), 53);
  fields.writeDoubleBE(Math.max(...items), 61);
  const payload = Buffer.concat([fields, levelBytes(levels)]);
  const head = Buffer.alloc(12);
  head.write('KLL2');
  head.writeUInt32BE(payload.length, 4);
  head.writeUInt32BE(crc32(payload), 8);
  return Buffer.concat([head, payload]);
}

function weightOf(levels: number[][]): number {
  return levels.reduce((sum, items, level) => sum + items.length * 2 ** level, 0);
}
