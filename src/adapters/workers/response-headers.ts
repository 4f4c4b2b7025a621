/** Headers every answer carries, and those that let a page of another origin read it. */
import { keyOrigins } from './directory-cache.js';
import type { EdgeEnv } from './env.js';
import { namesOf } from './variables.js';

const SECURITY_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
} as const;

/** What a page may read of an answer besides its body. */
const EXPOSED_HEADERS =
  'Retry-After, X-KLL-Explain, X-KLL-Freshness-Ms, X-KLL-Left-Out, X-KLL-N, X-KLL-Partial, X-KLL-Stale';

export function setSecurityHeaders(headers: Headers): void {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
    if (!headers.has(name)) headers.set(name, value);
  }
}

/**
 * CORS (fetch.spec.whatwg.org, "CORS protocol"): an origin is named back exactly when it may read the answer, and
 * never with credentials. Ingest: origins of the ingest keys. All else: those of KLL_CORS_ORIGINS.
 */
export async function setCorsHeaders(request: Request, headers: Headers, env: EdgeEnv): Promise<boolean> {
  headers.append('vary', 'Origin');
  const origin = request.headers.get('origin');
  if (origin === null || !(await mayRead(origin, new URL(request.url).pathname, env))) return false;
  headers.set('access-control-allow-origin', origin);
  headers.set('access-control-expose-headers', EXPOSED_HEADERS);
  return true;
}

/** The answer to a preflight: 204, with what is allowed when the origin is. @param methods those of the route */
export async function preflight(request: Request, env: EdgeEnv, methods: string): Promise<Response> {
  const headers = new Headers({ allow: methods });
  if (await setCorsHeaders(request, headers, env)) {
    headers.set('access-control-allow-methods', methods);
    headers.set('access-control-allow-headers', 'Authorization, Content-Encoding, Content-Type, X-KLL-Key');
    headers.set('access-control-max-age', '7200');
  }
  return new Response(null, { status: 204, headers });
}

async function mayRead(origin: string, path: string, env: EdgeEnv): Promise<boolean> {
  const listed = namesOf(env.KLL_CORS_ORIGINS);
  if (listed.includes(origin)) return true;
  if (path !== '/v1/ingest' && path !== '/v1/limits') return false;
  // Without the directory the answer goes out all the same; a page just cannot read it.
  const origins = await keyOrigins(env).catch((): string[] => []);
  return origins.includes(origin) || origins.includes('*');
}
