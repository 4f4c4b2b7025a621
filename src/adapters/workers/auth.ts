/**
 * Who asks. Tokens (HS256, nothing else) name a tenant and scopes; a public ingest key names a tenant and may only
 * ingest, within its own limits. A key in a page is known to everybody: it is not authentication.
 */
import { errors, jwtVerify, SignJWT } from 'jose';
import { LEAST_SECRET_BYTES, SCOPES, type Scope, TENANT_FORM } from '../../wire/token-form.js';
import type { IngestKey } from './contract.js';
import { ingestKey } from './directory-cache.js';
import type { EdgeEnv } from './env.js';
import { logFailure } from './log.js';
import { Problem, refuse } from './problem.js';

export interface Identity {
  tenant: string;
  scopes: ReadonlySet<Scope>;
  /** The ingest key that was used. */
  key?: IngestKey;
  /** What rates are counted by: the key, or the token's tenant and subject. */
  caller: string;
}

const ALGORITHM = 'HS256';
const CLOCK_TOLERANCE_S = 5;

/** Whether the secret is one that tokens may rest on. */
export function hasSecret(env: EdgeEnv): boolean {
  return secretBytes(env).length >= LEAST_SECRET_BYTES;
}

/**
 * @param seconds how long it is good for; absent: until the secret changes
 * @throws RangeError for a tenant or secret that the server would refuse, TypeError for seconds that are no number
 */
export async function signToken(
  secret: string,
  {
    tenant,
    scopes,
    subject,
    seconds,
  }: { tenant: string; scopes: readonly Scope[]; subject?: string; seconds?: number },
): Promise<string> {
  if (!TENANT_FORM.test(tenant)) throw new RangeError(`tenant: expected ${TENANT_FORM}`);
  const bytes = new TextEncoder().encode(secret);
  if (bytes.length < LEAST_SECRET_BYTES) {
    throw new RangeError(`secret: expected at least ${LEAST_SECRET_BYTES} bytes`);
  }
  const token = new SignJWT({ tenant, scopes }).setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' });
  if (subject !== undefined) token.setSubject(subject);
  if (seconds !== undefined) token.setIssuedAt().setExpirationTime(`${seconds}s`);
  return await token.sign(bytes);
}

/**
 * The identity of a request by its headers; undefined when it names none.
 * @throws Problem 401 for a token or key that is not good
 */
export async function identify(request: Request, env: EdgeEnv): Promise<Identity | undefined> {
  const authorization = request.headers.get('authorization');
  if (authorization !== null) return await identifyToken(authorization, env);
  const key = request.headers.get('x-kll-key');
  return key === null ? undefined : await identifyKey(key, request, env);
}

/**
 * The identity of an ingest key.
 * @throws Problem 401 ERR_KEY, 403 ERR_ORIGIN
 */
export async function identifyKey(text: string, request: Request, env: EdgeEnv): Promise<Identity> {
  const key = await ingestKey(env, text);
  if (!key) refuse(401, 'ERR_KEY', 'the ingest key is unknown or was revoked');
  const origin = request.headers.get('origin');
  if (key.origins.length > 0 && (origin === null || !key.origins.includes(origin))) {
    refuse(403, 'ERR_ORIGIN', 'the ingest key is bound to other origins');
  }
  return { tenant: key.tenant, scopes: new Set(['ingest']), key, caller: key.key };
}

/** @throws Problem 401 without an identity, 403 without the scope; 'admin' has every scope */
export function requireScope(identity: Identity | undefined, scope: Scope): Identity {
  if (!identity) {
    throw new Problem({
      status: 401,
      code: 'ERR_UNAUTHENTICATED',
      detail: 'expected a bearer token',
      headers: { 'www-authenticate': 'Bearer' },
    });
  }
  if (!identity.scopes.has(scope) && !identity.scopes.has('admin')) {
    refuse(403, 'ERR_FORBIDDEN', `expected the scope ${scope}`);
  }
  return identity;
}

async function identifyToken(authorization: string, env: EdgeEnv): Promise<Identity> {
  const token = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization.slice(0, 4096))?.[1];
  if (!token) refuseToken('expected "Bearer" and a signed token');
  if (!hasSecret(env)) {
    logFailure('error', 'no token is taken', {
      cause: `KLL_TOKEN_SECRET has less than ${LEAST_SECRET_BYTES} bytes`,
    });
    refuse(503, 'ERR_UNAVAILABLE', 'the server is not configured to take tokens');
  }
  let claims: Record<string, unknown>;
  try {
    const verified = await jwtVerify(token, await tokenKey(env), {
      algorithms: [ALGORITHM],
      clockTolerance: CLOCK_TOLERANCE_S,
    });
    claims = verified.payload;
  } catch (error) {
    return refuseToken(
      error instanceof errors.JWTExpired ? 'the token has expired' : 'the token is not valid',
    );
  }
  const { tenant, sub } = claims;
  if (typeof tenant !== 'string' || !TENANT_FORM.test(tenant)) refuseToken('the token names no tenant');
  const scopes = scopesOf(claims);
  const subject = typeof sub === 'string' ? sub : '';
  return { tenant, scopes, caller: `${tenant} ${subject}` };
}

/** `scopes: [...]`, or `scope: 'a b'` as RFC 8693, section 4.2, has it. */
function scopesOf({ scopes, scope }: Record<string, unknown>): Set<Scope> {
  const named: unknown[] = Array.isArray(scopes) ? scopes : typeof scope === 'string' ? scope.split(' ') : [];
  return new Set(SCOPES.filter((known) => named.includes(known)));
}

function refuseToken(detail: string): never {
  throw new Problem({
    status: 401,
    code: 'ERR_TOKEN',
    detail,
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
  });
}

/** Made from the secret once an isolate. */
let ready: { secret: string; key: Promise<CryptoKey> } | undefined;

function tokenKey(env: EdgeEnv): Promise<CryptoKey> {
  const secret = env.KLL_TOKEN_SECRET;
  if (ready?.secret !== secret) {
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    ready = { secret, key: crypto.subtle.importKey('raw', secretBytes(env), algorithm, false, ['verify']) };
  }
  return ready.key;
}

function secretBytes(env: EdgeEnv): Uint8Array {
  return new TextEncoder().encode(env.KLL_TOKEN_SECRET ?? '');
}
