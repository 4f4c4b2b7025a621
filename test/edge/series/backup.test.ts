/** What a series object gives to a backup and takes back: the same rows, whatever it holds besides. */
import { describe, expect, it } from 'vitest';
import type { BackupPage, BackupPlace, TenantConfig } from '../../../src/adapters/workers/contract.js';
import { seriesKey } from '../../../src/adapters/workers/series-key.js';
import { longLabels, START, seriesObject, setClock, tenantConfig } from '../ingest/ground.js';
import {
  bucketCounts,
  countRows,
  DAY_MS,
  HOUR_MS,
  handOver,
  MINUTE_MS,
  readOf,
  ringUntil,
  row,
  totalsOf,
} from './ground.js';

const T0 = START + DAY_MS;
type Row = BackupPage['rows'][number];

/** All that a snapshot sees. */
async function rowsOf(config: TenantConfig, snapshot: string): Promise<Row[]> {
  const rows: Row[] = [];
  let from: BackupPlace | undefined;
  do {
    const page = (await seriesObject(config).backupPage({
      snapshot,
      ...(from ? { from } : {}),
    })) as BackupPage;
    rows.push(...page.rows);
    from = page.next;
  } while (from);
  return rows;
}

const numbered = (rows: Row[]) => rows.map((one, i) => ({ ordinal: i + 1, ...one }));
const sorted = (rows: Row[]) =>
  rows
    .map(({ bucket: { isExported: _, ...bucket }, image }) =>
      JSON.stringify([bucket, [...new Uint8Array(image)]]),
    )
    .sort();

/** Minutes of three hours over two days, some late, the last still open; hours and a day rolled up. */
async function filled(config: TenantConfig): Promise<void> {
  setClock(T0);
  await handOver(config, [row(T0, [1, 2]), row(T0 + MINUTE_MS, [3], { route: '/a' })]);
  await ringUntil(config, T0 + 3 * HOUR_MS);
  await handOver(config, [row(T0, [4])]);
  await ringUntil(config, T0 + DAY_MS + 3 * HOUR_MS);
  await handOver(config, [row(T0 + DAY_MS + 2 * HOUR_MS, [5, 6, 7])]);
}

describe('a backup of a series object', () => {
  it('restores into an empty object byte for byte, open parts, late parts and levels alike', async () => {
    const [from, to] = [tenantConfig(), tenantConfig()];
    await filled(from);
    await seriesObject(from).createSnapshot('one');
    const rows = await rowsOf(from, 'one');
    expect(rows.map(({ bucket }) => bucket.level)).toEqual(
      [...rows.map(({ bucket }) => bucket.level)].sort((a, b) => b - a),
    );
    expect(rows.filter(({ bucket }) => bucket.closes !== undefined)).toHaveLength(1);
    const told = await seriesObject(to).restore({ config: to, backup: 'b', rows: numbered(rows) });
    expect(told).toEqual({ values: 7, skipped: 0 });
    await seriesObject(to).createSnapshot('two');
    expect(sorted(await rowsOf(to, 'two'))).toEqual(sorted(rows));
    const listed = async (config: TenantConfig) =>
      (await seriesObject(config).list({ limit: 9 })).series.map(({ key, n, last }) => ({ key, n, last }));
    expect(await listed(to)).toEqual(await listed(from));
    // And goes on as the original does.
    for (const config of [from, to]) {
      await handOver(config, [row(T0 + DAY_MS + 2 * HOUR_MS, [8]), row(T0, [9])]);
      await ringUntil(config, T0 + 4 * DAY_MS);
      expect(totalsOf(await readOf(config))).toEqual({ n: 9, sum: 45 });
    }
    expect(await bucketCounts(to)).toEqual(await bucketCounts(from));
  });

  it('holds what its snapshot sees, whatever is added, closed or deleted while it is read', async () => {
    const config = tenantConfig({ retentionMs: { minute: HOUR_MS, hour: DAY_MS, day: 0 } });
    await filled(config);
    await seriesObject(config).createSnapshot('one');
    const before = await rowsOf(config, 'one');
    await handOver(config, [row(T0 + DAY_MS + 2 * HOUR_MS, [80]), row(T0, [90])]);
    await ringUntil(config, T0 + 9 * DAY_MS);
    expect(sorted(await rowsOf(config, 'one'))).toEqual(sorted(before));
    expect(await bucketCounts(config)).toEqual([0, 0, 4]);
  });

  it('reads of what a former snapshot keeps no more than its page, nor when it ends', async () => {
    const config = tenantConfig();
    setClock(T0);
    const minutes = Array.from({ length: 300 }, (_, i) => T0 + i * MINUTE_MS);
    const add = async () =>
      await handOver(
        config,
        minutes.map((start) => row(start, [1])),
      );
    await add();
    await seriesObject(config).createSnapshot('kept');
    await add();
    await seriesObject(config).createSnapshot('backup-1');
    await handOver(config, [row(T0, [1])]);
    const rowsRead = await countRows(seriesObject(config));
    const from = { level: 0, start: minutes[290] - 1, row: -1 };
    const page = (await seriesObject(config).backupPage({ snapshot: 'backup-1', from })) as BackupPage;
    expect(page.rows.map(({ bucket }) => bucket.start)).toEqual(minutes.slice(290));
    expect(await seriesObject(config).dropSnapshot('backup-1')).toEqual({ dropped: true });
    expect(await rowsRead()).toBeLessThan(100);
    expect(await rowsOf(config, 'kept')).toHaveLength(300);
  });

  it('skips what it has restored before, and takes it again after a wipe', async () => {
    const [from, to] = [tenantConfig(), tenantConfig()];
    await filled(from);
    await seriesObject(from).createSnapshot('one');
    const rows = numbered(await rowsOf(from, 'one'));
    const call = { config: to, backup: 'b', rows: rows.slice(0, 3) };
    await seriesObject(to).restore(call);
    expect(await seriesObject(to).restoreState('b')).toEqual({ isEmpty: false, restored: 3 });
    expect((await seriesObject(to).restore({ ...call, rows })).skipped).toBe(3);
    expect(await seriesObject(to).restore({ ...call, rows })).toEqual({ values: 0, skipped: rows.length });
    expect(totalsOf(await readOf(to))).toEqual({ n: 7, sum: 28 });
    await seriesObject(to).wipe();
    expect(await seriesObject(to).restoreState('b')).toEqual({ isEmpty: true, restored: 0 });
    expect((await seriesObject(to).restore({ ...call, rows })).values).toBe(7);
    expect(totalsOf(await readOf(to))).toEqual({ n: 7, sum: 28 });
  });

  it('counts once what is late for an hour that has expired, and in its day already', async () => {
    const retentionMs = { minute: HOUR_MS, hour: DAY_MS, day: 0 };
    const [from, to] = [tenantConfig({ retentionMs }), tenantConfig({ retentionMs })];
    setClock(T0 + 3 * DAY_MS);
    await handOver(from, [row(T0 + DAY_MS, [1, 2, 3])]);
    await ringUntil(from, Date.now() + 1000);
    while ((await seriesObject(from).vacuum(from)).more);
    expect(await bucketCounts(from)).toEqual([1, 0, 1]);
    await seriesObject(from).createSnapshot('one');
    const rows = numbered(await rowsOf(from, 'one'));
    expect(await seriesObject(to).restore({ config: to, backup: 'b', rows })).toEqual({
      values: 3,
      skipped: 0,
    });
    await seriesObject(from).rollBack('one');
    for (const config of [from, to]) {
      await ringUntil(config, Date.now() + 5000);
      expect(totalsOf(await readOf(config)).n).toBe(3);
      expect((await seriesObject(config).list({ limit: 9 })).series[0].n).toBe(3);
    }
  });

  it('adds to data of the same times: every resolution stays complete, whichever was rolled up before', async () => {
    const from = tenantConfig();
    await filled(from);
    await seriesObject(from).createSnapshot('one');
    const rows = numbered(await rowsOf(from, 'one'));
    const own = [row(T0, [100]), row(T0 + DAY_MS + 2 * HOUR_MS, [200]), row(T0 + 5 * HOUR_MS, [300])];
    // Nothing, hours, or days of its own were rolled up when the backup comes.
    for (const until of [T0 + DAY_MS + 3 * HOUR_MS, T0 + DAY_MS + 12 * HOUR_MS, T0 + 3 * DAY_MS]) {
      const to = tenantConfig();
      setClock(T0 + DAY_MS + 3 * HOUR_MS);
      await handOver(to, own);
      await ringUntil(to, until);
      await seriesObject(to).restore({ config: to, backup: 'b', rows });
      const check = async () => {
        const ranges: [number, number][] = [
          [0, Number.MAX_SAFE_INTEGER],
          [T0, T0 + HOUR_MS],
          [T0, T0 + 1 * MINUTE_MS],
          [T0, T0 + DAY_MS],
          [T0 + DAY_MS, T0 + 2 * DAY_MS],
        ];
        const sums = await Promise.all(
          ranges.map(async ([a, b]) => totalsOf(await readOf(to, { from: a, to: b })).sum),
        );
        expect(sums).toEqual([628, 110, 107, 410, 218]);
      };
      await check();
      await ringUntil(to, T0 + 9 * DAY_MS);
      await check();
    }
  });

  it('makes a mark of a part that cannot be read, and keeps marks', async () => {
    const to = tenantConfig();
    setClock(T0);
    const key = JSON.stringify(['latency_ms']);
    const broken = { key, level: 0, start: T0, n: 3 };
    const known = { key, level: 0, start: T0 + MINUTE_MS, n: 2, code: 'ERR_ITEMS' };
    await seriesObject(to).restore({
      config: to,
      backup: 'b',
      rows: [
        { ordinal: 1, bucket: broken, image: Uint8Array.of(1, 2, 3).buffer as ArrayBuffer },
        { ordinal: 2, bucket: known, image: new ArrayBuffer(0) },
      ],
    });
    const { leftOut } = await readOf(to);
    expect(leftOut.map(({ code }) => code)).toEqual(['ERR_MAGIC', 'ERR_ITEMS']);
  });
});

describe('an export of a series object', () => {
  it('gives each closed bucket once, in ranges that stay the same until they are confirmed', async () => {
    const config = tenantConfig({ exportTo: 'pull' });
    await filled(config);
    const object = seriesObject(config);
    const plan = (await object.planExport(config))!;
    expect(plan.days).toEqual([{ day: T0, rows: 3 }]);
    await ringUntil(config, T0 + 3 * DAY_MS);
    expect(await object.planExport(config)).toEqual(plan);
    // Also of the resolution that it was planned for.
    expect(plan.resolution).toBe('minute');
    expect(await object.planExport({ ...config, exportResolution: 'hour' })).toEqual(plan);
    const rows = (await object.exported({ to: plan.to, day: T0 }))!;
    expect(rows.map(({ n, from, to }) => [n, from, to - from])).toEqual([
      [2, T0, MINUTE_MS],
      [1, T0 + MINUTE_MS, MINUTE_MS],
      [1, T0, MINUTE_MS],
    ]);
    expect(await object.exported({ to: plan.to + 1, day: T0 })).toBeUndefined();
    expect(await object.confirmExport(plan.to + 1)).toBe(false);
    for (let times = 0; times < 2; times++) expect(await object.confirmExport(plan.to)).toBe(true);
    const next = (await object.planExport(config))!;
    expect(next.from).toBe(plan.to);
    expect(next.days).toEqual([{ day: T0 + DAY_MS, rows: 1 }]);
    await object.confirmExport(next.to);
    expect(await object.planExport(config)).toBeUndefined();
    await object.restartExport();
    expect((await object.planExport(config))!.days).toEqual([
      { day: T0, rows: 3 },
      { day: T0 + DAY_MS, rows: 1 },
    ]);
  });

  it('gives ranges that go into one call, however long the keys are', async () => {
    setClock(T0);
    const config = tenantConfig({ exportTo: 'pull' });
    const object = seriesObject(config);
    const ROWS = 150;
    const labels = Array.from({ length: ROWS }, (_, i) => longLabels(i));
    await handOver(
      config,
      labels.map((some, i) => row(T0, [i], some)),
    );
    await ringUntil(config, T0 + 5 * MINUTE_MS);
    const keys: string[] = [];
    for (;;) {
      const plan = await object.planExport(config);
      if (!plan) break;
      const rows = (await object.exported({ to: plan.to, day: T0 }))!;
      expect(rows.length).toBeGreaterThan(0);
      expect(rows.reduce((sum, { key }) => sum + key.length, 0)).toBeLessThan(4 * 2 ** 20);
      keys.push(...rows.map(({ key }) => key));
      await object.confirmExport(plan.to);
    }
    expect(keys.sort()).toEqual(labels.map((some) => seriesKey('latency_ms', some)).sort());
  });

  it('does not give what a backup brings that had left before', async () => {
    const [from, to] = [tenantConfig({ exportTo: 'pull' }), tenantConfig({ exportTo: 'pull' })];
    await filled(from);
    await seriesObject(from).confirmExport((await seriesObject(from).planExport(from))!.to);
    await ringUntil(from, T0 + 3 * DAY_MS);
    await seriesObject(from).createSnapshot('one');
    const rows = numbered(await rowsOf(from, 'one'));
    await seriesObject(to).restore({ config: to, backup: 'b', rows });
    const left = (await seriesObject(to).planExport(to))!;
    expect(left.days).toEqual([{ day: T0 + DAY_MS, rows: 1 }]);
    await seriesObject(to).confirmExport(left.to);
    // A new place has nothing yet: it gets that too, once.
    await seriesObject(to).restartExport();
    const anew = (await seriesObject(to).planExport(to))!;
    expect(anew.days.map(({ rows: count }) => count)).toEqual([3, 1]);
    await seriesObject(to).confirmExport(anew.to);
    await handOver(to, [row(T0 + 2 * DAY_MS, [1])]);
    await ringUntil(to, Date.now() + DAY_MS);
    expect((await seriesObject(to).planExport(to))!.days).toEqual([{ day: T0 + 2 * DAY_MS, rows: 1 }]);
  });
});
