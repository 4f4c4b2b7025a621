import { utimes } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { needsOf, rowsOfSeries, STANDARD_SETUP } from '../../src/cli/capacity/formulas.js';
import { workFolder } from './run-kll.js';

const folder = await workFolder();
const DAY_MS = 86_400_000;

/** A scrape of an edge, dated. */
async function scrape(
  name: string,
  at: number,
  figures: { largest: number; series: number; batches: number },
) {
  await folder.write(
    name,
    [
      `kll_edge_storage_largest_bytes{tier="series"} ${figures.largest}`,
      'kll_edge_storage_largest_bytes{tier="ingest"} 90000',
      `kll_edge_series ${figures.series}`,
      'kll_edge_pending_bytes 1000',
      `kll_edge_stored_batches_total ${figures.batches}`,
      '',
    ].join('\n'),
  );
  await utimes(folder.at(name), at / 1000, at / 1000);
}

describe('kll capacity for given numbers', () => {
  it('gives the table of docs/edge.md: requests and rows of a thousand million values a day', () => {
    const load = { busySeries: 10, batchesPerSecond: 3.4e6 / 86_400, seriesPerBatch: 2, imageBytes: 500 };
    const { aDay } = needsOf(STANDARD_SETUP, load);
    expect(aDay.objectRequests / 4.7e6).toBeCloseTo(1, 1);
    expect(aDay.rowsWritten / 17e6).toBeCloseTo(1, 1);
    const small = needsOf(STANDARD_SETUP, { ...load, batchesPerSecond: 3400 / 86_400 });
    expect(small.aDay.objectRequests).toBe(6800);
    expect(small.aDay.rowsWritten / 27_000).toBeCloseTo(1, 1);
  });

  it('lets each resolution grow until retention takes as much as comes', () => {
    expect(rowsOfSeries(STANDARD_SETUP, 1)).toBe(1440 + 24 + 1);
    expect(rowsOfSeries(STANDARD_SETUP, 365)).toBe(1440 * 7 + 24 * 90 + 365);
    const forever = { ...STANDARD_SETUP, retentionMs: { minute: 0, hour: 0, day: 0 } };
    expect(rowsOfSeries(forever, 365)).toBe(1465 * 365);
  });

  it('says when objects are full, and how many would not be', async () => {
    const few = await folder.kll(['capacity', '--series', '1000', '--json']);
    expect(few.json.needs.daysUntilFull).toBeNull();
    const many = await folder.kll(['capacity', '--series', '5000', '--json']);
    expect(many.json.needs.daysUntilFull).toBeGreaterThan(5);
    expect(many.json.needs.daysUntilFull).toBeLessThan(10);
    const needed = many.json.needs.seriesNeeded;
    expect(needed).toBeGreaterThan(4);
    const enough = await folder.kll([
      'capacity',
      '--series',
      '5000',
      '--series-objects',
      `${needed}`,
      '--json',
    ]);
    expect(enough.json.needs.seriesObjectBytes).toBeLessThanOrEqual(9e9);
    const short = await folder.kll([
      'capacity',
      '--series',
      '5000',
      '--series-objects',
      `${needed - 1}`,
      '--json',
    ]);
    expect(short.json.needs.seriesObjectBytes).toBeGreaterThan(9e9);
  });

  it('counts ingest objects, which fill in the window and are asked at each batch', async () => {
    const load = { busySeries: 10, batchesPerSecond: 8000, seriesPerBatch: 2, imageBytes: 500 };
    const { daysUntilFull, ingestObjectBytes } = needsOf(STANDARD_SETUP, load);
    expect(ingestObjectBytes).toBeGreaterThan(9e9);
    // 9 GB at 2,000 ids of 36 bytes a second.
    expect(daysUntilFull).toBeCloseTo(9e9 / (2000 * 36) / 86_400, 1);
    expect(needsOf(STANDARD_SETUP, { ...load, batchesPerSecond: 4000 }).daysUntilFull).toBeUndefined();
    const capacity = (...more: string[]) => folder.kll(['capacity', '--series', '10', ...more]);
    expect(await capacity('--batches', '8000')).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^requests +2000\/s an ingest object, of 1,000$/m),
    });
    expect((await capacity('--batches', '4000')).code).toBe(0);
    expect((await capacity('--batches', '4001')).code).toBe(1);
    expect((await capacity('--batches', '-5')).code).toBe(2);
    expect((await capacity('--series-per-batch', '-1')).code).toBe(2);
  });

  it('can gate a launch', async () => {
    expect((await folder.kll(['capacity', '--series', '5000', '--fail-within', '30'])).code).toBe(1);
    expect((await folder.kll(['capacity', '--series', '1000', '--fail-within', '30'])).code).toBe(0);
    expect((await folder.kll(['capacity'])).code).toBe(2);
    expect((await folder.kll(['capacity', '--series', '0'])).code).toBe(2);
  });
});

describe('kll capacity for recorded growth', () => {
  it('tells days until each limit from two dated scrapes', async () => {
    const now = Date.now() - DAY_MS;
    await scrape('monday.prom', now - 2 * DAY_MS, { largest: 1e9, series: 4000, batches: 0 });
    await scrape('wednesday.prom', now, { largest: 2e9, series: 5000, batches: 172_800 });
    const run = await folder.kll(['capacity', 'wednesday.prom', 'monday.prom', '--json']);
    expect(run.code).toBe(0);
    const of = (name: string) => run.json.limits.find((one: { name: string }) => one.name === name);
    expect(of('largest series object')).toMatchObject({ now: 2e9, limit: 9e9 });
    expect(of('largest series object').daysLeft).toBeCloseTo(14, 3);
    expect(of('series').daysLeft).toBeCloseTo(10, 3);
    expect(of('largest ingest object').daysLeft).toBeNull();
    expect(of('batches').now).toBeCloseTo(1, 3);
    expect(run.json.daysLeft).toBeCloseTo(10, 3);
    const gate = ['capacity', 'monday.prom', 'wednesday.prom', '--fail-within'];
    expect((await folder.kll([...gate, '11'])).code).toBe(1);
    expect((await folder.kll([...gate, '9'])).code).toBe(0);
    expect((await folder.kll([...gate, '9'])).stdout).toMatch(
      /^largest series object +2 GB +9 GB +22\.2 % +500 MB +14$/m,
    );
  });

  it('knows no growth from one scrape, and refuses what is none', async () => {
    await scrape('alone.prom', Date.now(), { largest: 1e9, series: 1, batches: 0 });
    const { code, stderr, stdout } = await folder.kll(['capacity', 'alone.prom']);
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/batches/);
    expect(stderr).toMatch(/two scrapes/);
    // What cannot be judged must not pass a gate.
    for (const names of [['alone.prom'], ['alone.prom', 'alone.prom']]) {
      expect(await folder.kll(['capacity', ...names, '--fail-within', '30'])).toMatchObject({
        code: 3,
        stderr: expect.stringContaining('expected scrapes of two times'),
      });
    }
    await scrape('before.prom', Date.now() - 30_000, { largest: 1e9, series: 1, batches: 0 });
    await scrape('after.prom', Date.now(), { largest: 1e9, series: 1, batches: 0 });
    expect(await folder.kll(['capacity', 'before.prom', 'after.prom', '--fail-within', '30'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('at least a minute apart, found 30'),
    });
    await folder.write('empty.prom', '');
    expect(await folder.kll(['capacity', 'empty.prom', 'alone.prom', '--fail-within', '30'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('empty.prom: expected metrics of an edge'),
    });
    await folder.write('page.html', '<!doctype html>');
    expect((await folder.kll(['capacity', 'page.html'])).code).toBe(3);
    expect((await folder.kll(['capacity', 'absent.prom'])).code).toBe(4);
  });
});
