/** The first check of a request: whether its path is known, and its method with it. */
import type { Hono, MiddlewareHandler } from 'hono';
import type { EdgeHono } from './http-context.js';
import { Problem, refuse } from './problem.js';
import { preflight } from './response-headers.js';

interface Path {
  template: string;
  pattern: RegExp;
  methods: string[];
}

/** A GET that begins something, here a backup that its reader must end, has no head to ask for alone. */
const WITHOUT_HEAD: ReadonlySet<string> = new Set(['/v1/admin/backup']);

/**
 * Refuses unknown paths (404) and methods (405 with Allow), and answers OPTIONS, before anybody asks who it is.
 * @param app whose routes are known; those that are added later too, up to the first request
 */
export function methodCheck(app: Hono<EdgeHono>): MiddlewareHandler<EdgeHono> {
  let paths: Path[] | undefined;
  return async (context, next) => {
    const { method, path, raw } = context.req;
    const found = (paths ??= pathsOf(app)).find(({ pattern }) => pattern.test(path));
    if (!found) return refuse(404, 'ERR_NOT_FOUND', 'there is nothing here');
    context.set('route', found.template);
    const allow = found.methods.join(', ');
    if (method === 'OPTIONS') return await preflight(raw, context.env, allow);
    if (!found.methods.includes(method)) {
      throw new Problem({ status: 405, code: 'ERR_METHOD', detail: `expected ${allow}`, headers: { allow } });
    }
    return await next();
  };
}

function pathsOf(app: Hono<EdgeHono>): Path[] {
  const methods = new Map<string, Set<string>>();
  for (const { path, method } of app.routes) {
    // What stands before routes matches every method.
    if (method === 'ALL') continue;
    const known = methods.get(path) ?? new Set();
    methods.set(path, known.add(method));
  }
  return [...methods].map(([template, known]) => ({
    template,
    pattern: new RegExp(`^${template.replace(/[.]/g, '\\.').replace(/:\w+/g, '[^/]+')}$`),
    // A HEAD is answered as a GET without its body.
    methods: [...known, ...(known.has('GET') && !WITHOUT_HEAD.has(template) ? ['HEAD'] : []), 'OPTIONS'],
  }));
}
