import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { latencies, runKll, workFolder } from './run-kll.js';

const folder = await workFolder();
const values = latencies(20_000);
const sorted = Float64Array.from(values).sort();
await folder.write('ms.txt', values.join('\n'));
await folder.write('ms.csv', `id,ms\n${values.map((x, i) => `${i},${x}`).join('\n')}\n`);
await folder.write('ms.ndjson', values.map((ms) => JSON.stringify({ timing: { ms } })).join('\n'));

describe('kll summary', () => {
  it('shows percentiles with bounds, what was read and how exact it is', async () => {
    const { code, stdout, stderr } = await folder.kll(['summary', 'ms.txt', '--seed', '1']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.split('\n');
    expect(lines[0]).toBe('ms.txt');
    expect(lines[1]).toMatch(/^20,000 values, mean [\d.]+$/);
    expect(stdout).toMatch(/^percentile +sketch +99 % bounds$/m);
    for (const name of ['min', 'p1', 'p50', 'p99.9', 'max'])
      expect(stdout).toMatch(new RegExp(`^${name} +-?[\\d.]+ `, 'm'));
    expect(stdout).toMatch(
      /^k 200, high end protected: a rank is off by at most [\d.]+ % with 99 % confidence$/m,
    );
    expect(stdout).toMatch(/^[\d,]+ bytes as a compact image; 20,000 doubles take 160 kB$/m);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('reports the same for machines', async () => {
    const { json } = await folder.kll(['summary', 'ms.csv', '-c', 'ms', '--json', '--seed', '1']);
    expect(json).toMatchObject({
      schema: 'kll.summary/1',
      input: { name: 'ms.csv', format: 'csv', column: 'ms', missing: 0, invalid: 0 },
      sketch: { n: 20_000, k: 200, minK: 200, tails: 'high', tailGuarantee: 'high', isEstimating: true },
    });
    expect(json.sketch.min).toBe(sorted[0]);
    expect(json.sketch.max).toBe(sorted[sorted.length - 1]);
    expect(json.sketch.sum).toBeCloseTo(
      values.reduce((a, b) => a + b, 0),
      3,
    );
    expect(json.percentiles.map((row: { percentile: string }) => row.percentile)).toEqual([
      ...['min', 'p1', 'p5', 'p10', 'p25', 'p50', 'p75', 'p90', 'p95', 'p99', 'p99.9', 'max'],
    ]);
    for (const { lower, value, upper } of json.percentiles) {
      expect(lower).toBeLessThanOrEqual(value);
      expect(value).toBeLessThanOrEqual(upper);
    }
  });

  it('gives the exact percentiles beside, and the rank error of each, within what was promised', async () => {
    const { json } = await folder.kll(['summary', 'ms.txt', '--exact', '--json', '--seed', '7']);
    for (const { rank, exact, rankError } of json.percentiles) {
      expect(exact).toBe(sorted[Math.max(0, Math.ceil(rank * sorted.length) - 1)]);
      expect(rankError).toBeLessThanOrEqual(json.sketch.rankError);
    }
    expect((await folder.kll(['summary', 'ms.txt', '--exact'])).stdout).toMatch(
      /^percentile +sketch +exact +rank error +99 % bounds$/m,
    );
  });

  it('gives the same answers whatever the format, and whether from a file or from standard input', async () => {
    const args = ['--seed', '3', '--json'];
    const runs = await Promise.all([
      folder.kll(['summary', 'ms.txt', ...args]),
      folder.kll(['summary', 'ms.csv', '--column', 'ms', ...args]),
      folder.kll(['summary', 'ms.ndjson', '--column', 'timing.ms', ...args]),
      folder.kll(['summary', ...args], values.join('\n')),
      folder.kll(['summary', '-', ...args], values.join('\r\n')),
    ]);
    for (const { json } of runs) expect(json.percentiles).toEqual(runs[0].json.percentiles);
    expect(runs[3].json.input.name).toBe('standard input');
  });

  it('shows the percentiles that are asked for', async () => {
    const { json } = await folder.kll([
      'summary',
      'ms.txt',
      '-q',
      'p50,0.25,median',
      '-q',
      'max,p99.99',
      '--json',
    ]);
    expect(json.percentiles.map(({ rank }: { rank: number }) => rank)).toEqual([0.5, 0.25, 0.5, 1, 0.9999]);
  });

  it('is exact for few values and says so', async () => {
    const { code, stdout } = await folder.kll(['summary'], '3\n1\n2\n');
    expect(code).toBe(0);
    expect(stdout).toContain('answers are exact');
    expect(stdout).toMatch(/^p50 +2$/m);
  });

  it('of no values at all has no figures', async () => {
    const { code, json } = await folder.kll(['summary', '--json', '--exact'], '');
    expect(code).toBe(0);
    expect(json.sketch).toMatchObject({ n: 0, min: null, max: null, mean: null });
    expect(json.percentiles[5]).toMatchObject({ value: null, lower: null, upper: null, exact: null });
    expect((await folder.kll(['summary'], '')).stdout).toMatch(/^p50 +-$/m);
  });

  it('counts what is missing and what was left out', async () => {
    const { json } = await folder.kll(['summary', '--skip-invalid', '--json'], '1\n\nx\nNaN\n2\n');
    expect(json.input).toMatchObject({ missing: 1, invalid: 2 });
    expect((await folder.kll(['summary', '--skip-invalid'], '1\n\nx\n2\n')).stdout).toContain(
      '2 values, 1 missing, 1 not a number, left out, mean 1.5',
    );
  });

  it('takes a file for numbers whose first letter begins as an image does', async () => {
    await folder.write('letter.csv', '\u01e7,ms\n1,2\n3,4\n');
    const { code, json } = await folder.kll(['summary', 'letter.csv', '-c', 'ms', '--json']);
    expect({ code, n: json.sketch.n, max: json.sketch.max }).toEqual({ code: 0, n: 2, max: 4 });
  });

  it('takes a sketch in the place of numbers', async () => {
    await folder.kll(['build', 'ms.txt', '--seed', '3', '-o', 'ms.kll']);
    const [fromSketch, fromData] = await Promise.all([
      folder.kll(['summary', 'ms.kll', '--json']),
      folder.kll(['summary', 'ms.txt', '--seed', '3', '--json']),
    ]);
    expect(fromSketch.json.percentiles).toEqual(fromData.json.percentiles);
    expect(fromSketch.json.input.format).toBe('compact');
    expect(await folder.kll(['summary', 'ms.kll', '--exact'])).toMatchObject({ code: 2 });
  });

  it('says how far it has come on standard error when asked', async () => {
    const { stderr } = await folder.kll(['summary', 'ms.txt', '--progress']);
    expect(stderr).toMatch(/^ms\.txt: 20,000 values {2}100 % {2}[\d,]+\/s$/m);
  });

  it.each([
    [10, 'small'],
    [50_000, 'large'],
  ])('says of Parquet with %d rows that all of it is done, though it skips other columns', async (rows, name) => {
    const ms = Float64Array.from({ length: rows }, (_, i) => i);
    const id = Array.from({ length: rows }, (_, i) => `id-${(i * 7919) % rows}`);
    const columnData = [
      { name: 'ms', data: ms, type: 'DOUBLE' as const },
      { name: 'id', data: id },
    ];
    const file = parquetWriteBuffer({ columnData, rowGroupSize: 20_000 });
    await folder.write(`${name}.parquet`, new Uint8Array(file));
    const { stderr } = await folder.kll(['summary', `${name}.parquet`, '--progress']);
    const shares = [...stderr.matchAll(/(\d+) %/g)].map(([, share]) => Number(share));
    expect(shares.at(-1)).toBe(100);
    expect(Math.max(...shares)).toBe(100);
  });

  it('reads three million flights from Parquet', async () => {
    const flights = new URL('../../node_modules/vega-datasets/data/flights-3m.parquet', import.meta.url)
      .pathname;
    const { json } = await runKll([
      'summary',
      flights,
      '--column',
      'delay',
      '--exact',
      '--json',
      '--seed',
      '1',
    ]);
    expect(json.sketch.n).toBe(3_000_000);
    expect(json.sketch.sum).toBe(20_003_603);
    for (const { rankError } of json.percentiles)
      expect(rankError).toBeLessThanOrEqual(json.sketch.rankError);
  });
});
