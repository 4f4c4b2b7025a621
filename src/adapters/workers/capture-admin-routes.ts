/** /v1/admin/captures: blobs of a tenant that were refused or taken, where it has asked for them. */
import { Hono } from 'hono';
import { iso, tenantOf } from './admin-request.js';
import { hasRoomAgain } from './capture.js';
import { KEPT_MS, MOST_BLOBS, MOST_BYTES } from './captures.js';
import type { CapturedBlob } from './contract.js';
import { tenantConfig } from './directory-cache.js';
import type { EdgeContext, EdgeHono } from './http-context.js';
import { fail, refuse } from './problem.js';
import { objectName } from './series-key.js';

export const captureRoutes = new Hono<EdgeHono>()
  .get('/captures', async (context) => {
    const { captureRefused = false, captureTaken = false } = await tenantConfig(
      context.env,
      tenantOf(context),
      true,
    ).catch(fail);
    const captures = await list(context);
    return context.json({
      captureRefused,
      captureTaken,
      captures: captures.map(({ at, ...blob }) => ({ ...blob, at: iso(at), until: iso(at + KEPT_MS) })),
      mostBlobs: MOST_BLOBS,
      mostBytes: MOST_BYTES,
    });
  })
  .get('/captures/:id', async (context) => {
    const id = idOf(context);
    const blob = (await list(context)).find((one) => one.id === id);
    const body = blob && (await keeper(context).captured(id).catch(fail));
    if (!blob || !body) return unknownCapture();
    // A stranger's bytes: nothing that a browser would show.
    return new Response(body, {
      headers: {
        'content-type': 'application/octet-stream',
        'content-disposition': `attachment; filename="capture-${id}.${blob.form === 'json' ? 'json' : 'kllbatch'}"`,
        'x-kll-code': blob.code,
      },
    });
  })
  .delete('/captures/:id', async (context) => {
    const { dropped } = await keeper(context).dropCaptures(idOf(context)).catch(fail);
    hasRoomAgain(tenantOf(context));
    return dropped > 0 ? context.body(null, 204) : unknownCapture();
  })
  .delete('/captures', async (context) => {
    const { dropped } = await keeper(context).dropCaptures().catch(fail);
    hasRoomAgain(tenantOf(context));
    return context.json({ dropped });
  });

const keeper = (context: EdgeContext) =>
  context.env.INGEST.getByName(objectName('ingest', tenantOf(context), 0));

async function list(context: EdgeContext): Promise<CapturedBlob[]> {
  return (await keeper(context).captures().catch(fail)) as CapturedBlob[];
}

function idOf(context: EdgeContext): number {
  const id = context.req.param('id') ?? '';
  return /^[1-9]\d{0,14}$/.test(id) ? Number(id) : unknownCapture();
}

function unknownCapture(): never {
  return refuse(404, 'ERR_NOT_FOUND', 'there is no capture of this id');
}
