/** /v1/admin/pause: roll-ups and hand-overs of a tenant wait, until a time or until they are told to go on. */
import { Hono } from 'hono';
import * as v from 'valibot';
import { body, iso, tenantOf } from './admin-request.js';
import { directoryOf } from './directory.js';
import { forgetDirectory, tenantConfig } from './directory-cache.js';
import type { EdgeContext, EdgeHono } from './http-context.js';
import { fail, Problem, unavailable } from './problem.js';
import { granted } from './refusal.js';
import { tellPause } from './tenant-objects.js';

const MINUTE_MS = 60_000;
/** A day: half of the window in which ids are known, and as long as collectors keep trying. */
const MOST_MINUTES = 1440;

const pauseFor = v.strictObject({
  minutes: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MOST_MINUTES)),
});

export const pauseRoutes = new Hono<EdgeHono>()
  .get('/pause', async (context) => {
    const { pausedUntil = 0 } = await tenantConfig(context.env, tenantOf(context), true).catch(fail);
    return context.json({ pausedUntil: pausedUntil > Date.now() ? iso(pausedUntil) : null });
  })
  .post('/pause', async (context) => {
    const { minutes } = await body(context, pauseFor);
    const until = Date.now() + minutes * MINUTE_MS;
    await pause(context, until);
    return context.json({ pausedUntil: iso(until) });
  })
  .delete('/pause', async (context) => {
    await pause(context, 0);
    return context.body(null, 204);
  });

/** The directory first: an object that comes into being meanwhile learns it from there. */
async function pause(context: EdgeContext, until: number): Promise<void> {
  const { env } = context;
  const directory = directoryOf(env);
  try {
    const config = granted(await directory.configure(tenantOf(context), { pausedUntil: until }));
    forgetDirectory();
    await tellPause(env, config, until);
  } catch (error) {
    throw error instanceof Problem ? error : unavailable(error);
  }
}
