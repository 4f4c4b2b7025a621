/**
 * The Worker's routes. Every request: method, then who asks, then what is asked; every refusal is a problem document.
 *
 *    request -> count, headers (finish) -> route -> scope -> handler -> response
 */
import { type Handler, Hono, type MiddlewareHandler } from 'hono';
import { EDGE_METRICS } from '../../metrics/edge-names.js';
import type { Scope } from '../../wire/token-form.js';
import { adminRoutes } from './admin-routes.js';
import { hasSecret, identify, requireScope } from './auth.js';
import { backupRoutes } from './backup-admin-routes.js';
import { captureRoutes } from './capture-admin-routes.js';
import { dataRoutes } from './data-admin-routes.js';
import { diagnosticsRoutes } from './diagnostics-admin-routes.js';
import { tenantConfig } from './directory-cache.js';
import type { EdgeContext, EdgeHono } from './http-context.js';
import { ingest } from './ingest-route.js';
import { limitsOf, queryLimitsOf } from './limits.js';
import { logError, logSuccess } from './log.js';
import { methodCheck } from './method-check.js';
import { metricsRoute } from './metrics-route.js';
import { operatorTenant } from './operator.js';
import { handIn, isDue, tookTime } from './own-latencies.js';
import { pauseRoutes } from './pause-admin-routes.js';
import { Problem, refuse } from './problem.js';
import { cdfRoute, quantilesRoute, sketchRoute } from './query-routes.js';
import { requireRate } from './rate-limit.js';
import { setCorsHeaders, setSecurityHeaders } from './response-headers.js';
import { seriesExportRoute } from './series-export.js';
import { seriesRoute } from './series-route.js';
import { tenantRoutes } from './tenant-admin-routes.js';
import { countRequest, workerCounters } from './worker-counters.js';

type App = Hono<EdgeHono>;

/** Routes under /v1/admin, which need the scope 'admin'. */
const ADMIN_ROUTES: readonly App[] = [
  adminRoutes,
  dataRoutes,
  backupRoutes,
  diagnosticsRoutes,
  pauseRoutes,
  captureRoutes,
  tenantRoutes,
];

export function createApp(): App {
  const app: App = new Hono<EdgeHono>();
  app.use(finish);
  app.use(methodCheck(app));
  app.onError((error, context) => problemOf(error, context as EdgeContext).toResponse());

  app.get('/healthz', (context) => context.json({ status: 'ok' }));
  app.get('/readyz', ready);
  app.get('/v1/limits', publishLimits);
  app.post('/v1/ingest', (context) => ingest(context as EdgeContext));
  app.get('/v1/quantiles', scoped('query', quantilesRoute));
  app.get('/v1/cdf', scoped('query', cdfRoute));
  app.get('/v1/sketch', scoped('query', sketchRoute));
  app.get('/v1/series', scoped('query', seriesRoute));
  app.get('/metrics', scoped('admin', metricsRoute));
  app.get('/metrics/series', scoped('query', seriesExportRoute));

  app.use('/v1/admin/*', async (context, next) => {
    await authorize(context as EdgeContext, 'admin');
    await next();
  });
  for (const routes of ADMIN_ROUTES) app.route('/v1/admin', routes);
  return app;
}

function scoped(scope: Scope, handler: (context: EdgeContext) => Promise<Response>): Handler<EdgeHono> {
  return async (context) => {
    await authorize(context as EdgeContext, scope);
    return await handler(context as EdgeContext);
  };
}

async function authorize(context: EdgeContext, scope: Scope): Promise<void> {
  const identity = requireScope(await identify(context.req.raw, context.env), scope);
  await requireRate(identity, context.env);
  context.set('identity', identity);
}

/** Around every request: headers, counts, and counts on their way. */
const finish: MiddlewareHandler<EdgeHono> = async (context, next) => {
  const began = performance.now();
  await next();
  const { res, req, env } = context;
  setSecurityHeaders(res.headers);
  if (req.method !== 'OPTIONS') await setCorsHeaders(req.raw, res.headers, env);
  const route = context.get('route') ?? 'other';
  const ms = performance.now() - began;
  countRequest(route, res.status, ms / 1000);
  tookTime(env, route, res.status, ms);
  if (res.ok)
    logSuccess(env, 'request', { method: req.method, route, status: res.status, ms: Math.round(ms) });
  const operator = operatorTenant(env);
  if (workerCounters.isOverdue) {
    context.executionCtx.waitUntil(workerCounters.send(env, operator).catch(() => {}));
  }
  if (isDue()) {
    const told = handIn(env, operator).catch((error) => logError('own latencies not stored', error));
    context.executionCtx.waitUntil(told);
  }
};

function problemOf(error: Error, context: EdgeContext): Problem {
  let problem: Problem;
  if (error instanceof Problem) problem = error;
  else {
    // The path is a stranger's text: the template says enough.
    logError('request failed', error, { method: context.req.method, route: context.get('route') ?? 'other' });
    problem = new Problem({ status: 500, code: 'ERR_INTERNAL', detail: 'something is wrong on this server' });
  }
  workerCounters.add(EDGE_METRICS.refusals, [['code', problem.code]]);
  return problem;
}

const publishLimits: Handler<EdgeHono> = async (context) => {
  const identity = await identify(context.req.raw, context.env);
  return context.json({
    ingest: limitsOf(context.env, identity?.key),
    query: queryLimitsOf(context.env),
  });
};

/** Ready: tokens can be checked and the directory answers. */
const ready: Handler<EdgeHono> = async (context) => {
  if (!hasSecret(context.env))
    return refuse(503, 'ERR_UNAVAILABLE', 'KLL_TOKEN_SECRET is missing or too short');
  try {
    await tenantConfig(context.env, operatorTenant(context.env));
  } catch {
    return refuse(503, 'ERR_UNAVAILABLE', 'the directory does not answer');
  }
  return context.json({ status: 'ready' });
};
