/** What the clock asks for, of every tenant: backups, and exports of those that want them. Few tenants: each run is through all. */
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { tenantConfig } from '../../../src/adapters/workers/directory-cache.js';
import { runDuties } from '../../../src/adapters/workers/duties.js';
import type { EdgeEnv } from '../../../src/adapters/workers/env.js';
import { RecordReader } from '../../../src/wire/backup-records.js';
import { filled, oldValues, restore } from './backup-client.js';
import { ask, tokenOf } from './edge-client.js';

describe('the clock', () => {
  it('has every tenant backed up to the bucket, and a backup comes back from there', async () => {
    const tenants = [await filled('by-the-clock'), await filled('next-by-the-clock')];
    await runDuties(env as unknown as EdgeEnv);
    const bucket = (env as unknown as EdgeEnv).BACKUP!;
    for (const [i, { token }] of tenants.entries()) {
      const { backups } = (await (await ask('/v1/admin/backups', { token })).json()) as {
        backups: { place: string; records: number; bytes: number; target: string }[];
      };
      expect(backups).toHaveLength(1);
      expect(backups[0].target).toBe('bucket');
      const stored = new Uint8Array(await (await bucket.get(backups[0].place))!.arrayBuffer());
      expect(stored.length).toBe(backups[0].bytes);
      const reader = new RecordReader();
      reader.push(stored);
      let records = 0;
      while (reader.next()) records++;
      expect(backups[0].records).toBe(records);
      const other = await tokenOf(`from-the-bucket-${i}`, 'admin', 'query');
      expect(await (await restore(other, stored)).json()).toMatchObject({ values: 30, isComplete: true });
    }
  });

  it('has closed buckets exported to the bucket for tenants that want it there', async () => {
    const { token } = await filled('to-the-bucket');
    await ask('/v1/admin/config', { token, method: 'PATCH', body: { exportTo: 'bucket' } });
    await tenantConfig(env as unknown as EdgeEnv, 'to-the-bucket', true);
    const bucket = (env as unknown as EdgeEnv).BACKUP!;
    let values = 0;
    const seen = new Set<string>();
    for (let i = 0; i < 100 && values < 10; i++) {
      await runDuties(env as unknown as EdgeEnv);
      const { objects } = await bucket.list({ prefix: 'export/tenant=to-the-bucket/' });
      for (const { key } of objects) {
        if (seen.has(key)) continue;
        seen.add(key);
        const file = await (await bucket.get(key))!.arrayBuffer();
        values += await oldValues(file);
      }
      await scheduler.wait(20);
    }
    expect(values).toBe(10);
    for (const key of seen)
      expect(key).toMatch(/^export\/tenant=to-the-bucket\/date=\d{4}-\d\d-\d\d\/.+\.parquet$/);
  });
});
