/** Exports over HTTP: each closed bucket leaves in one file, once. */
import { parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { filled, oldValues } from './backup-client.js';
import { ask, problem } from './edge-client.js';

describe('an export', () => {
  it('is fetched file by file and confirmed: each closed bucket in one file, by tenant and date', async () => {
    const { token } = await filled('exported');
    await problem(await ask('/v1/admin/exports', { token, method: 'POST' }), 409, 'ERR_EXPORT');
    await ask('/v1/admin/config', { token, method: 'PATCH', body: { exportTo: 'pull' } });
    let values = 0;
    const paths = new Set<string>();
    for (let i = 0; i < 200; i++) {
      const plan = (await (await ask('/v1/admin/exports', { token, method: 'POST' })).json()) as {
        files: { path: string; url: string; rows: number }[];
        confirm: string[];
        more: boolean;
      };
      if (!plan.more) {
        if (values >= 10) break;
        await scheduler.wait(50);
        continue;
      }
      for (const { path, url, rows } of plan.files) {
        expect(path).toMatch(/^tenant=exported\/date=\d{4}-\d\d-\d\d\/minute-\d+-\d+-\d+\.parquet$/);
        expect(paths.has(path)).toBe(false);
        paths.add(path);
        const file = await (await ask(url, { token })).arrayBuffer();
        expect(await parquetReadObjects({ file })).toHaveLength(rows);
        values += await oldValues(file);
      }
      for (const url of plan.confirm) expect((await ask(url, { token, method: 'POST' })).status).toBe(204);
      const last = plan.files.at(-1)!;
      expect((await ask(last.url, { token })).status).toBe(409);
    }
    expect(values).toBe(10);
    expect((await ask('/v1/admin/exports', { token, method: 'DELETE' })).status).toBe(204);
    const anew = (await (await ask('/v1/admin/exports', { token, method: 'POST' })).json()) as {
      files: { rows: number }[];
    };
    expect(anew.files.length).toBeGreaterThan(0);
    expect((await ask('/v1/admin/exports/9/1/2020-01-01', { token })).status).toBe(404);
    expect((await ask('/v1/admin/exports/0/99999/2020-01-01', { token })).status).toBe(409);
  });
});
