import { spawnSync } from 'node:child_process';
import { copyFile, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeBatch } from '../../src/batch.js';
import { saturationFindings } from '../../src/cli/doctor/edge.js';
import { configurationFindings, judgeToken, VARIABLES } from '../../src/cli/doctor/environment.js';
import type { Finding } from '../../src/cli/doctor/finding.js';
import { KllSketch } from '../../src/index.js';
import { KLL, workFolder } from './run-kll.js';

const folder = await workFolder();
const ROOT = new URL('../../', import.meta.url).pathname;
const NOW = Date.UTC(2026, 0, 1);
const token = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
const verdictOf = (findings: readonly Finding[], name: string) =>
  findings.find((one) => one.name === name)?.verdict;

describe('kll doctor', () => {
  it('finds nothing wrong with this build on this machine', async () => {
    const { code, json } = await folder.kll(['doctor', '--json']);
    expect({ code, failed: json.failed }).toEqual({ code: 0, failed: 0 });
    const selfTests = json.findings.filter(({ area }: Finding) => area === 'self-test');
    expect(selfTests.length).toBe(8);
    const { stdout } = await folder.kll(['doctor']);
    expect(stdout).toMatch(/^ok +self-test: kernel, tails high: as known$/m);
    expect(stdout).toMatch(/\d+ checks: 0 failed/);
  });

  it('finds a build whose arithmetic is not what it was', async () => {
    const source = await readFile(KLL, 'utf8');
    // The polynomial of every checksum, off by one.
    const wrong = source.replaceAll(/2197175160|0x82f63b78/gi, '2197175161');
    expect(wrong).not.toBe(source);
    await mkdir(folder.at('wrong/dist/cli'), { recursive: true });
    await copyFile(join(ROOT, 'package.json'), folder.at('wrong/package.json'));
    await writeFile(folder.at('wrong/dist/cli/kll.js'), wrong);
    const { status, stdout } = spawnSync(process.execPath, [folder.at('wrong/dist/cli/kll.js'), 'doctor'], {
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^FAILED +self-test: checksum: CRC-32C of 123456789 is /m);
    expect(stdout).toMatch(/^FAILED +self-test: compact image: /m);
  });
});

describe('kll doctor on the environment', () => {
  it('judges every variable that docs/edge.md describes, and no other', async () => {
    const text = await readFile(join(ROOT, 'docs/edge.md'), 'utf8');
    const described = new Set([...text.matchAll(/`(KLL_[A-Z_]+)`/g)].map(([, name]) => name));
    expect(described.size).toBeGreaterThan(10);
    expect([...described].filter((name) => !VARIABLES.includes(name))).toEqual([]);
  });

  it.each([
    ['KLL_MAX_BODY_BYTES', '1048576', 'ok'],
    ['KLL_MAX_BODY_BYTES', '1 MB', 'fail'],
    ['KLL_DIRECTORY_TTL_MS', '3600000', 'fail'],
    ['KLL_TOKEN_SECRET', 'x'.repeat(32), 'ok'],
    ['KLL_TOKEN_SECRET', 'short', 'fail'],
    ['KLL_CORS_ORIGINS', 'https://a.example,https://b.example:8443', 'ok'],
    ['KLL_CORS_ORIGINS', 'https://a.example https://b.example:8443', 'ok'],
    ['KLL_CORS_ORIGINS', 'https://a.example/', 'fail'],
    ['KLL_SERVER_LABELS', 'country', 'ok'],
    ['KLL_SERVER_LABELS', 'country, device', 'ok'],
    ['KLL_SERVER_LABELS', 'country address', 'fail'],
    ['KLL_TELEMETRY_EVENTS', 'warn', 'ok'],
    ['KLL_TELEMETRY_EVENTS', 'all', 'fail'],
    ['KLL_URL', 'edge', 'fail'],
    ['KLL_MAX_BODYBYTES', '1', 'warn'],
  ])('takes %s=%s as %s', (name, value, verdict) => {
    expect(verdictOf(configurationFindings({ [name]: value }, NOW), name)).toBe(verdict);
  });

  it('reads what a token says of itself, and never shows it or a secret', () => {
    const good = token({ tenant: 'shop', scopes: ['query', 'admin'], exp: NOW / 1000 + 60 });
    expect(judgeToken(good, NOW)).toEqual(['ok', 'tenant shop, query admin, until 2026-01-01T00:01:00.000Z']);
    expect(judgeToken(token({ tenant: 'shop', exp: NOW / 1000 - 60 }), NOW)[0]).toBe('fail');
    expect(judgeToken('not a token', NOW)[0]).toBe('fail');
    const told = JSON.stringify(
      configurationFindings({ KLL_TOKEN: good, KLL_TOKEN_SECRET: 'x'.repeat(40) }, NOW),
    );
    expect(told).not.toContain(good);
    expect(told).not.toContain('xxx');
  });
});

describe('kll doctor on saturation', () => {
  const config = {
    tenant: 'default',
    rings: [{ ingest: 4, series: 4 }],
    retentionMs: { minute: 1, hour: 2, day: 0 },
    maxSeries: 1000,
    maxPendingBatches: 100,
    maxPendingBytes: 1000,
    maxStorageBytes: 9e9,
  };
  const sample = (name: string, value: number, labels: Record<string, string> = {}) => ({
    name: `kll_edge_${name}`,
    value,
    labels,
  });
  const judged = (...samples: ReturnType<typeof sample>[]) => saturationFindings(config, samples, NOW);

  it.each([
    ['largest object', 'storage_largest_bytes', [5e9, 7e9, 8.5e9]],
    ['series', 'series', [500, 900, 1000]],
    ['pending batches', 'pending_batches', [100, 250, 380]],
    ['pending bytes', 'pending_bytes', [1000, 2500, 3800]],
    ['oldest batch', 'oldest_pending_seconds', [5, 90, 121]],
  ])('warns of %s before it fails', (name, metric, values) => {
    const verdicts = values.map((value) =>
      verdictOf(judged(sample(metric, value, { tier: 'series' })), name),
    );
    expect(verdicts).toEqual(['ok', 'warn', 'fail']);
  });

  it('fails for a row that is set aside until it is restored, and for a backup that is two days old', () => {
    const aside = (rows: number) => [
      sample('unreadable_total', 3, { tier: 'series' }),
      sample('quarantined_rows', rows, { tier: 'series' }),
      sample('quarantined_rows', 0, { tier: 'ingest' }),
    ];
    // The counter stays where it is when rows were restored.
    expect([0, 1].map((rows) => verdictOf(judged(...aside(rows)), 'unreadable rows'))).toEqual([
      'ok',
      'fail',
    ]);
    const backupOf = (hours: number) =>
      sample('backup_completed_timestamp_seconds', NOW / 1000 - hours * 3600, { target: 'client' });
    expect([1, 27, 51].map((hours) => verdictOf(judged(backupOf(hours)), 'backup'))).toEqual([
      'ok',
      'warn',
      'fail',
    ]);
    expect(verdictOf(judged(), 'backup')).toBe('warn');
    // A tenant that never had one counts from when it came, whatever the others have.
    const unbackedFor = (hours: number) => [
      backupOf(1),
      sample('unbacked_since_timestamp_seconds', NOW / 1000 - hours * 3600, { tenant: 'shop' }),
    ];
    expect([1, 51].map((hours) => verdictOf(judged(...unbackedFor(hours)), 'backup'))).toEqual([
      'warn',
      'fail',
    ]);
  });
});

describe('kll doctor on a folder of blobs', () => {
  it('reads sketches of every form, batches and backups whole', async () => {
    await cp(join(ROOT, 'test/compat/0.1.0'), folder.at('store/release'), { recursive: true });
    const sketch = new KllSketch({ seed: 1 }).extend(Float64Array.from({ length: 5000 }, (_, i) => i));
    await folder.write('store/own.kll', sketch.toBytes());
    const batch = {
      id: new Uint8Array(16),
      created: 0,
      series: [{ name: 'x', labels: {}, age: 0, values: Float64Array.of(1, 2) }],
    };
    await folder.write('store/own.kllbatch', encodeBatch(batch));
    const { code, json } = await folder.kll(['doctor', 'store', '--json']);
    expect(code).toBe(0);
    const { verdict, found } = json.findings.find(({ area }: Finding) => area === 'store');
    expect(verdict).toBe('ok');
    expect(found).toMatch(
      /^\d+ sketches, \d+ batches, \d+ backups? whole, [\d,]+ values; 0 damaged; \d+ other files$/,
    );
  });

  it('names each damaged one', async () => {
    await mkdir(folder.at('damaged'));
    const flip = async (from: string, to: string, at: (length: number) => number) => {
      const bytes = await readFile(folder.at(from));
      bytes[at(bytes.length)] ^= 1;
      await folder.write(to, bytes);
    };
    const [backup] = await readdir(folder.at('store/release/backup'));
    await flip('store/own.kll', 'damaged/a.kll', (length) => length >> 1);
    await flip('store/own.kllbatch', 'damaged/b.kllbatch', (length) => length - 1);
    await flip(`store/release/backup/${backup}`, 'damaged/c.kllbackup', (length) => length >> 1);
    await folder.write('damaged/d.kll', 'no sketch');
    const { format, bytes } = KllSketch.fromBytes(await readFile(folder.at('store/own.kll'))).toJSON();
    const sorted = JSON.stringify({ bytes: bytes.slice(0, -4), format }, null, 2);
    await folder.write('damaged/sorted.json', sorted);
    await folder.write('damaged/e.parquet', 'no Parquet');
    await folder.write('damaged/notes.txt', 'not ours');
    const { code, json, stdout } = await folder.kll(['doctor', 'damaged', '--json']);
    expect(code).toBe(1);
    const failed = json.findings.filter(
      ({ area, verdict }: Finding) => area === 'store' && verdict === 'fail',
    );
    expect(failed.map(({ name }: Finding) => name)).toEqual([
      'damaged',
      ...['a.kll', 'b.kllbatch', 'c.kllbackup', 'd.kll', 'e.parquet', 'sorted.json'].map((name) =>
        join('damaged', name),
      ),
    ]);
    expect(failed.slice(1, 4).every(({ found }: Finding) => found.startsWith('ERR_CHECKSUM'))).toBe(true);
    expect(stdout).toContain('1 other file');
  });

  it('does not take an empty folder for a good one, nor a missing one for an empty one', async () => {
    await mkdir(folder.at('empty'));
    expect((await folder.kll(['doctor', 'empty', '--json'])).json.warned).toBeGreaterThan(0);
    expect((await folder.kll(['doctor', 'absent'])).code).toBe(4);
  });
});
