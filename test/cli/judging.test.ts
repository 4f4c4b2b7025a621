import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { encodeJson, encodeRecord, RECORD } from '../../src/wire/backup-records.js';
import { writeKll1 } from '../support/kll-image.js';
import { latencies, workFolder } from './run-kll.js';

const folder = await workFolder();
await folder.write('monday.txt', latencies(40_000, 1).join('\n'));
await folder.write('tuesday.txt', latencies(40_000, 2).join('\n'));
await folder.write('slower.txt', latencies(40_000, 3, 1.5).join('\n'));
await folder.kll(['build', 'monday.txt', '--seed', '1', '-o', 'monday.kll']);
await folder.kll(['build', 'slower.txt', '--seed', '1', '-o', 'slower.kll']);
const good = await readFile(folder.at('monday.kll'));
const BACKUP = encodeRecord(RECORD.header, 0, encodeJson({ format: 'kll-backup', version: 1 }));
const flipped = Uint8Array.from(good);
flipped[good.length >> 1] ^= 0x10;
await folder.write('flipped.kll', flipped);
await folder.write('cut.kll', good.subarray(0, 60));

describe('kll verify', () => {
  it('finds whole sketches whole', async () => {
    const { code, stdout } = await folder.kll(['verify', 'monday.kll', 'slower.kll']);
    expect(code).toBe(0);
    expect(stdout).toBe(
      'ok      monday.kll: compact image, 40,000 values\nok      slower.kll: compact image, 40,000 values\n',
    );
  });

  it('finds damage, says where and goes on to the next', async () => {
    const { code, json } = await folder.kll([
      'verify',
      'flipped.kll',
      'monday.kll',
      'cut.kll',
      'monday.txt',
      '--json',
    ]);
    expect(code).toBe(1);
    expect(json).toMatchObject({ schema: 'kll.verify/1', ok: false });
    expect(json.sketches.map(({ ok }: { ok: boolean }) => ok)).toEqual([false, true, false, false]);
    expect(json.sketches[0].code).toBe('ERR_CHECKSUM');
    expect(json.sketches[2].message).toContain('cut.kll: ');
    expect(json.sketches[3].code).toBe('ERR_MAGIC');
    expect((await folder.kll(['verify', 'flipped.kll'])).stdout).toMatch(
      /^FAILED {2}ERR_CHECKSUM: flipped\.kll: .*checksum/im,
    );
  });

  it('checks every rank of a sketch against its data', async () => {
    const { code, json } = await folder.kll(['verify', 'monday.kll', '--against', 'monday.txt', '--json']);
    expect(code).toBe(0);
    expect(json.sketches[0].rankError).toBeGreaterThan(0);
    expect(json.sketches[0].rankError).toBeLessThanOrEqual(json.sketches[0].promised);
  });

  it('finds a sketch of other data untrue', async () => {
    const other = await folder.kll(['verify', 'slower.kll', '--against', 'monday.txt', '--json']);
    expect(other.code).toBe(1);
    expect(other.json.sketches[0].rankError).toBeGreaterThan(other.json.sketches[0].promised);
    const fewer = await folder.kll(['verify', 'monday.kll', '--against', '-'], '1\n2\n');
    expect(fewer).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('it holds 40,000 values, the data 2'),
    });
  });

  it('says where rounding explains that a sketch is not true to its data', async () => {
    const data = Array.from({ length: 40_000 }, (_, i) => Math.sin(i) * 10);
    await folder.kll(
      ['build', '-k', '1024', '--precision', 'decimals:0', '-o', 'rounded.kll'],
      data.join('\n'),
    );
    const against = ['verify', 'rounded.kll', '--against', '-'];
    const { code, stdout } = await folder.kll(against, data.join('\n'));
    expect(code).toBe(1);
    expect(stdout).toContain('Its values were rounded to 0 decimals when it was written (--precision)');
    expect((await folder.kll(['verify', 'slower.kll', '--against', 'monday.txt'])).stdout).not.toContain(
      'rounded',
    );
  });

  it('knows that floats are rounded, and that KLL1 has no ends but those of its items', async () => {
    const data = Array.from({ length: 4000 }, (_, i) => 0.05 + i / 10);
    await folder.kll(['build', '-o', 'tenths.kll'], data.join('\n'));
    await folder.kll(['convert', 'tenths.kll', '--to', 'datasketches-float', '-o', 'tenths.sk']);
    const against = async (file: string) =>
      await folder.kll(['verify', file, '--against', '-'], data.join('\n'));
    expect(await against('tenths.sk')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('Its values were rounded to 32-bit floats'),
    });
    const image = { k: 200, n: 4000n, levels: [[], data.filter((_, i) => i % 2)] };
    await folder.write('tenths.kll1', writeKll1(image));
    expect(await against('tenths.kll1')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ok /) });
    image.levels[1][0] = -1;
    await folder.write('below.kll1', writeKll1(image));
    expect(await against('below.kll1')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('ERR_RANGE'),
    });
  });

  it('that cannot read a file is a failure of reading, not a verdict', async () => {
    expect(await folder.kll(['verify', 'absent.kll'])).toMatchObject({ code: 4 });
  });

  it('that cannot read one file judges the others all the same', async () => {
    const { code, stdout } = await folder.kll(['verify', 'monday.kll', 'absent.kll', 'slower.kll']);
    expect(code).toBe(4);
    expect(stdout).toMatch(
      /^ok +monday\.kll.*\nFAILED +ERR_FILE_ABSENT: .*absent\.kll.*\n(.*\n)?ok +slower\.kll/,
    );
  });
});

describe('a backup of an edge', () => {
  it.each(['inspect', 'verify'])('is named as one by kll %s, with what it is for', async (verb) => {
    await folder.write('named.kllbackup', 'anything');
    await folder.write('other.bin', BACKUP);
    for (const file of ['named.kllbackup', 'other.bin']) {
      const { code, stdout, stderr } = await folder.kll([verb, file]);
      expect(code).toBe(verb === 'verify' ? 1 : 3);
      expect(stdout + stderr).toMatch(/a backup of an edge: kll restore .* kll doctor/);
    }
  });
});

describe('kll inspect', () => {
  it('shows header, checksum, levels and state', async () => {
    const { code, stdout } = await folder.kll(['inspect', 'monday.kll']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^monday\.kll: compact image, [\d,]+ bytes$/m);
    expect(stdout).toMatch(/^checksum +good \(CRC-32C\)$/m);
    expect(stdout).toMatch(/^codec +DEC$/m);
    expect(stdout).toMatch(/^seed +1$/m);
    expect(stdout).toMatch(/^level +weight +items +capacity +protected +compactions +rank error$/m);
  });

  it('reports levels whose weights sum to n', async () => {
    const { json } = await folder.kll(['inspect', 'monday.kll', '--json']);
    expect(json).toMatchObject({
      schema: 'kll.inspect/1',
      checksum: 'good',
      refused: null,
      header: {
        version: 1,
        codec: 'DEC',
        hasSum: true,
        precision: 'full',
        hasState: true,
        tailGuarantee: 'high',
      },
      sketch: { n: 40_000, k: 200 },
    });
    const weight = json.debugState.levels.reduce(
      (sum: number, level: { weight: number; population: number }) => sum + level.weight * level.population,
      0,
    );
    expect(weight).toBe(40_000);
  });

  it('shows what can be seen of a damaged sketch, and ends with the exit code of bad data', async () => {
    const { code, stdout, stderr } = await folder.kll(['inspect', 'flipped.kll']);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^checksum +bad \(CRC-32C\)$/m);
    expect(stdout).toMatch(/^version +1$/m);
    expect(stderr).toContain('kll: ERR_CHECKSUM: flipped.kll: ');
    const { json } = await folder.kll(['inspect', 'flipped.kll', '--json']);
    expect(json).toMatchObject({ checksum: 'bad', refused: { code: 'ERR_CHECKSUM' }, sketch: null });
    const stub = await folder.kll(['inspect', '-'], Uint8Array.of(0xc7));
    expect(stub).toMatchObject({ code: 3, stdout: expect.stringContaining('(the bytes end before it)') });
  });

  it('misses nothing in Apache images of no value and of one', async () => {
    for (const values of ['', '7\n']) {
      await folder.kll(['build', '-o', 'few.kll'], values);
      await folder.kll(['convert', 'few.kll', '--to', 'datasketches-double', '-o', 'few.sk']);
      const { code, stdout } = await folder.kll(['inspect', 'few.sk']);
      expect([code, stdout.includes('the bytes end before it')]).toEqual([0, false]);
    }
  });

  it('knows forms without a checksum', async () => {
    await folder.kll(['convert', 'monday.kll', '--to', 'datasketches-double', '-o', 'monday.sk']);
    const { json } = await folder.kll(['inspect', 'monday.sk', '--json']);
    expect(json).toMatchObject({
      checksum: 'none',
      input: { form: 'datasketches', itemType: 'double' },
      header: { preambleInts: 5, serialVersion: 1, k: 200, m: 8, n: '40000' },
    });
  });

  it('says where the variance comes from', async () => {
    const { stdout } = await folder.kll(['inspect', 'monday.sk']);
    expect(stdout).toMatch(/^variance +\S+ n\^2, the error that this form states$/m);
    await folder.kll(['convert', 'monday.kll', '--condense', '50', '-o', 'condensed.kll']);
    const condensed = await folder.kll(['inspect', 'condensed.kll']);
    expect(condensed.stdout).toMatch(/^variance +\S+ n\^2, from condensing, or from a foreign form$/m);
  });

  it('shows the seed that the file holds, and none where it holds none', async () => {
    await folder.kll(['convert', 'monday.kll', '--no-state', '-o', 'stateless.kll']);
    for (const file of ['stateless.kll', 'monday.sk']) {
      expect((await folder.kll(['inspect', file])).stdout).toMatch(/^seed +-$/m);
      expect((await folder.kll(['inspect', file, '--json'])).json.debugState.seed).toBe(null);
    }
    expect((await folder.kll(['inspect', 'monday.kll', '--json'])).json.debugState.seed).toBe('1');
  });
});

describe('kll compare', () => {
  it('finds no difference between two samples of one distribution', async () => {
    const { code, json } = await folder.kll([
      'compare',
      'monday.txt',
      'tuesday.txt',
      '--seed',
      '5',
      '--json',
    ]);
    expect(code).toBe(0);
    expect(json).toMatchObject({ schema: 'kll.compare/1', differs: false, failed: false });
    expect(json.percentiles.map((row: { percentile: string }) => row.percentile)).toEqual([
      'p50',
      'p75',
      'p90',
      'p95',
      'p99',
      'p99.9',
    ]);
    for (const { lower, difference, upper, verdict } of json.percentiles) {
      expect(lower).toBeLessThanOrEqual(difference);
      expect(difference).toBeLessThanOrEqual(upper);
      expect(verdict).toBe('same');
    }
  });

  it('finds one that is there, between a sketch and numbers', async () => {
    const { code, stdout } = await folder.kll(['compare', 'monday.kll', 'slower.txt']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^p50 .*\+\d.*HIGHER$/m);
    expect(stdout).toMatch(/differences are larger than sampling and sketch error explain\.$/m);
    const { json } = await folder.kll(['compare', 'slower.kll', 'monday.kll', '--json']);
    expect(json.percentiles[0]).toMatchObject({ verdict: 'lower' });
    expect(json.percentiles[0].relative).toBeCloseTo(-1 / 3, 1);
  });

  it('fails on the direction that is asked for', async () => {
    const code = async (before: string, after: string, failOn: string) =>
      (await folder.kll(['compare', before, after, '--fail-on', failOn])).code;
    expect(await code('monday.kll', 'slower.kll', 'higher')).toBe(1);
    expect(await code('monday.kll', 'slower.kll', 'lower')).toBe(0);
    expect(await code('slower.kll', 'monday.kll', 'lower')).toBe(1);
    expect(await code('slower.kll', 'monday.kll', 'never')).toBe(0);
  });

  it('leaves an end open where the sample is too small to say', async () => {
    const { code, json } = await folder.kll(
      ['compare', 'monday.kll', '-', '--q', 'p99', '--json'],
      '20\n30\n',
    );
    expect(code).toBe(0);
    expect(json.percentiles[0]).toMatchObject({ upper: 'Infinity', verdict: 'same' });
  });

  it('does not compare with nothing', async () => {
    expect(await folder.kll(['compare', 'monday.kll', '-'], '')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('standard input: holds no values'),
    });
  });
});

describe('kll plot', () => {
  it('draws a histogram whose shares sum to one', async () => {
    const { code, stdout } = await folder.kll(['plot', 'monday.kll', '--width', '80']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ *0 \.\. 50 +[\d.]+ % {2}█+[▏▎▍▌▋▊▉]?$/m);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    const { json } = await folder.kll(['plot', 'monday.kll', '--json']);
    const total = json.bins.reduce((sum: number, { share }: { share: number }) => sum + share, 0);
    expect(total).toBeCloseTo(1, 12);
    expect(json.bins[0].lower).toBe('-Infinity');
    expect(json.bins.at(-1).upper).toBe('Infinity');
  });

  it('draws a cumulative distribution that never falls', async () => {
    const { stdout } = await folder.kll(['plot', 'monday.txt', '--cdf', '--height', '8', '--width', '60']);
    expect(stdout).toMatch(/^100 % ┤/m);
    expect(stdout).toMatch(/^ {2}0 % └─+$/m);
    const { json } = await folder.kll(['plot', 'monday.kll', '--cdf', '--json']);
    const ranks = json.points.map(({ rank }: { rank: number }) => rank);
    expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
    expect(json.kind).toBe('cdf');
  });

  it('draws in ASCII and on a logarithmic scale when asked', async () => {
    const { stdout } = await folder.kll(['plot', 'monday.kll', '--log', '--ascii']);
    expect(stdout).toMatch(/#{5}/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what ASCII means
    expect(stdout).toMatch(/^[\x00-\x7f]*$/);
    expect(await folder.kll(['plot', '--log'], '-1\n-2\n')).toMatchObject({ code: 2 });
  });

  it('draws what lies above 0 on a logarithmic scale', async () => {
    const zeros = (fives: number) => `${'0\n'.repeat(1000)}${'5\n'.repeat(fives)}`;
    for (const fives of [2, 20, 1000]) {
      const { json } = await folder.kll(['plot', '--log', '--json'], zeros(fives));
      const five = json.bins.find((bin: { lower: number; upper: number }) => bin.lower < 5 && bin.upper >= 5);
      expect(five.share).toBeCloseTo(fives / (1000 + fives), 12);
    }
    for (const end of ['--to=-5', '--to=0', '--from=0']) {
      for (const kind of [[], ['--cdf']]) {
        const { code, stderr } = await folder.kll(['plot', '--log', end, ...kind], '1\n2\n');
        expect([code, stderr]).toEqual([2, expect.stringMatching(/--log needs --(from|to) above 0/)]);
      }
    }
    expect((await folder.kll(['plot', '--log', '--cdf', '--to', '0.5'], '1\n2\n')).code).toBe(0);
    expect((await folder.kll(['plot', '--log', '--cdf'], '5e-324\n')).code).toBe(0);
  });

  it('draws one value, tiny values and huge ones', async () => {
    const ends = ['1.7e308\n', '-1.7e308\n', '1e-310\n2e-310\n', '1e16\n10000000000000002\n'];
    for (const input of ['5\n', '5\n5\n', '0\n', '1e-300\n2e-300\n', '-1e300\n1e300\n', ...ends]) {
      for (const kind of [[], ['--cdf']]) {
        expect(await folder.kll(['plot', ...kind], input)).toMatchObject({ code: 0, stderr: '' });
      }
    }
    expect(await folder.kll(['plot'], '')).toMatchObject({ code: 3 });
  });

  it('tells bins apart, however close they are', async () => {
    for (const [input, ...args] of [
      ['0.3\n0.30000000000000004\n'],
      ['1763000000000000000\n1763000000000000512\n'],
      ['1000\n1005\n1010\n', '--log'],
    ]) {
      const { stdout } = await folder.kll(['plot', ...args], input);
      const labels = stdout
        .split('\n')
        .slice(3, -1)
        .map((line) => line.trim().split('  ')[0]);
      expect(new Set(labels).size).toBe(labels.length);
      expect(labels.length).toBeGreaterThan(1);
      for (const [lower, upper] of labels.map((label) => label.split(' .. '))) expect(lower).not.toBe(upper);
    }
  });

  it('draws a logarithmic scale over all magnitudes', async () => {
    for (const kind of [[], ['--cdf']]) {
      const { stdout } = await folder.kll(['plot', '--log', ...kind], '1e-310\n1e300\n');
      expect(stdout).toMatch(/1e-310.*1e\+300/s);
      expect(stdout).not.toMatch(/inf/i);
    }
  });

  it('takes the range it is given', async () => {
    const { json } = await folder.kll([
      'plot',
      'monday.kll',
      '--from',
      '0',
      '--to',
      '100',
      '--bins',
      '10',
      '--json',
    ]);
    expect(json.bins.map(({ upper }: { upper: number }) => upper)).toEqual([
      0,
      10,
      20,
      30,
      40,
      50,
      60,
      70,
      80,
      90,
      100,
      'Infinity',
    ]);
    expect(await folder.kll(['plot', 'monday.kll', '--from', '5', '--to', '5'])).toMatchObject({ code: 2 });
  });
});
