/** /v1/admin/backup, /backups, /restore and /exports: a tenant's data leaves, and comes back. */
import { Hono } from 'hono';
import * as v from 'valibot';
import { SketchDataError } from '../../core/errors.js';
import { BACKUP_CONTENT_TYPE } from '../../wire/backup-records.js';
import { body, configOf, iso, tenantOf } from './admin-request.js';
import { type Backup, beginBackup } from './backup.js';
import type { TenantConfig } from './contract.js';
import { directoryOf } from './directory.js';
import { countDuty, counted } from './duties.js';
import { confirmRange, exportFile, planExports } from './export.js';
import type { EdgeContext, EdgeHono } from './http-context.js';
import { logError } from './log.js';
import { fail, Problem, refuse, unavailable } from './problem.js';
import { isCalendarDay, parameters } from './query-parameters.js';
import { restoreRecords } from './restore.js';
import { eachSeries } from './tenant-objects.js';

/** Of one request: a larger backup comes in several. */
const MOST_RESTORE_BYTES = 64 * 2 ** 20;
const PARQUET_TYPE = 'application/vnd.apache.parquet';

/** The clock of whoever tells of a backup may be ahead by so much. */
const CLOCK_SLACK_MS = 3_600_000;

const hasCome = (ms: number): boolean => ms <= Date.now() + CLOCK_SLACK_MS;
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const confirmation = v.strictObject({
  id: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/, 'expected 32 hex digits')),
  created: v.optional(v.pipe(count, v.check(hasCome, 'expected a time that has come'))),
  records: count,
  bytes: count,
  place: v.optional(v.pipe(v.string(), v.maxLength(1024)), ''),
});

export const backupRoutes = new Hono<EdgeHono>()
  .get('/backup', async (context) => {
    const backup = await beginBackup(context.env, await configOf(context)).catch((error) => {
      countDuty('backup', 'failed', 0);
      throw unavailable(error);
    });
    return new Response(streamOf(backup), {
      headers: { 'content-type': BACKUP_CONTENT_TYPE, 'x-kll-backup-id': backup.id },
    });
  })
  .get('/backups', async (context) => {
    const backups = await directoryOf(context.env).backups(tenantOf(context)).catch(fail);
    const told = backups.map((one) => ({ ...one, created: iso(one.created), confirmed: iso(one.confirmed) }));
    return context.json({ backups: told });
  })
  .post('/backups', async (context) => {
    const confirmed = Date.now();
    const { created = confirmed, ...rest } = await body(context, confirmation);
    const backup = { ...rest, created, confirmed, target: 'client' as const };
    await directoryOf(context.env).confirmBackup(tenantOf(context), backup).catch(fail);
    // Not before: what was read to its end may not have been kept.
    countDuty('backup', 'done', Math.max(0, confirmed - created) / 1000);
    return context.json({ ...backup, created: iso(created), confirmed: iso(confirmed) }, 201);
  })
  .post('/restore', async (context) => {
    const mode = parameters(new URL(context.req.url), ['mode']).get('mode') ?? 'empty';
    if (mode !== 'empty' && mode !== 'add') {
      return refuse(400, 'ERR_PARAMETER', 'mode: expected empty or add');
    }
    const { env, req } = context;
    if (req.header('content-type') !== BACKUP_CONTENT_TYPE) {
      return refuse(415, 'ERR_CONTENT_TYPE', `expected ${BACKUP_CONTENT_TYPE}`);
    }
    const options = { env, tenant: tenantOf(context), mode } as const;
    const restored = await counted('restore', () =>
      restoreRecords(bounded(req.raw.body), options).catch(refused),
    );
    return context.json(restored);
  })
  .post('/exports', async (context) => {
    const config = await pulling(context);
    const { files, ranges } = await planExports(context.env, config).catch(fail);
    return context.json({
      resolution: config.exportResolution ?? 'minute',
      files: files.map(({ path, slot, to, day, rows }) => ({
        path,
        url: `/v1/admin/exports/${slot}/${to}/${new Date(day).toISOString().slice(0, 10)}`,
        rows,
      })),
      confirm: ranges.map(({ slot, to }) => `/v1/admin/exports/${slot}/${to}`),
      more: ranges.length > 0,
    });
  })
  .delete('/exports', async (context) => {
    const config = await configOf(context);
    await eachSeries(context.env, config, async (object) => await object.restartExport()).catch(fail);
    return context.body(null, 204);
  })
  .get('/exports/:slot/:to/:day', async (context) => {
    const config = await pulling(context);
    const name = context.req.param('day');
    if (!isCalendarDay(name)) return refuse(404, 'ERR_NOT_FOUND', 'no such file');
    const day = Date.parse(`${name}T00:00:00Z`);
    const file = { ...rangeOf(context, config), day };
    const bytes = await exportFile(context.env, config, file).catch(fail);
    if (!bytes) return notPlanned();
    return new Response(bytes as Uint8Array<ArrayBuffer>, { headers: { 'content-type': PARQUET_TYPE } });
  })
  .post('/exports/:slot/:to', async (context) => {
    const config = await pulling(context);
    const range = rangeOf(context, config);
    const isPlanned = await counted('export', () => confirmRange(context.env, config, range)).catch(fail);
    return isPlanned ? context.body(null, 204) : notPlanned();
  });

/** One place has the watermark: what goes to a bucket by the clock is not to be fetched besides. */
async function pulling(context: EdgeContext): Promise<TenantConfig> {
  const config = await configOf(context);
  if (config.exportTo !== 'pull') {
    return refuse(
      409,
      'ERR_EXPORT',
      `expected the setting exportTo to be 'pull', found '${config.exportTo ?? 'none'}'`,
    );
  }
  return config;
}

function rangeOf(context: EdgeContext, { rings }: TenantConfig): { slot: number; to: number } {
  const slot = Number(context.req.param('slot'));
  const to = Number(context.req.param('to'));
  const slots = Math.max(...rings.map(({ series }) => series));
  if (!Number.isSafeInteger(slot) || slot < 0 || slot >= slots || !Number.isSafeInteger(to)) {
    return refuse(404, 'ERR_NOT_FOUND', 'no such range');
  }
  return { slot, to };
}

/** A stream that is fetched; one that breaks off has no end record, and whoever reads it knows. */
function streamOf({ records }: Backup): ReadableStream<Uint8Array> {
  const began = Date.now();
  const failed = () => countDuty('backup', 'failed', (Date.now() - began) / 1000);
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await records.next();
        if (!done) return controller.enqueue(value);
        controller.close();
      } catch (error) {
        logError('backup broke off', error);
        failed();
        controller.error(error);
      }
    },
    async cancel() {
      failed();
      await records.return(undefined as never);
    },
  });
}

async function* bounded(stream: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of stream ?? []) {
    bytes += chunk.length;
    if (bytes > MOST_RESTORE_BYTES) {
      refuse(
        413,
        'ERR_BODY_SIZE',
        `expected at most ${MOST_RESTORE_BYTES} bytes a request: send it in several`,
      );
    }
    yield chunk;
  }
}

function refused(error: unknown): never {
  if (error instanceof Problem) throw error;
  if (error instanceof SketchDataError) return refuse(400, 'ERR_BODY', `${error.code}: ${error.message}`);
  throw unavailable(error);
}

function notPlanned(): never {
  return refuse(409, 'ERR_EXPORT', 'this range is not planned: ask for the exports of now');
}
