/** The edge's application, asked as a client would ask it, with the objects of the test's own workerd behind it. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect } from 'vitest';
import { createApp } from '../../../src/adapters/workers/app.js';
import { signToken } from '../../../src/adapters/workers/auth.js';
import type { EdgeEnv } from '../../../src/adapters/workers/env.js';
import { type BatchSeries, encodeBatch } from '../../../src/sketch/batch.js';
import type { Scope } from '../../../src/wire/token-form.js';

export const SECRET = 'a secret of the tests, of at least 32 bytes';
const app = createApp();

export interface Asked {
  token?: string;
  method?: string;
  headers?: Record<string, string>;
  body?: BodyInit | object;
  variables?: Partial<EdgeEnv>;
}

export async function ask(
  path: string,
  { token, method, headers, body, variables }: Asked = {},
): Promise<Response> {
  const context = createExecutionContext();
  const isJson = body !== undefined && Object.getPrototypeOf(body) === Object.prototype;
  const request = new Request(`https://edge.test${path}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(isJson ? { 'content-type': 'application/json' } : {}),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isJson ? JSON.stringify(body) : (body as BodyInit) }),
  });
  const bindings = { ...env, KLL_TOKEN_SECRET: SECRET, KLL_DIRECTORY_TTL_MS: '0', ...variables } as EdgeEnv;
  const response = await app.fetch(request, bindings, context);
  await waitOnExecutionContext(context);
  return response;
}

export function tokenOf(tenant: string, ...scopes: Scope[]): Promise<string> {
  return signToken(SECRET, { tenant, scopes, seconds: 600 });
}

/** Expects a refusal, and gives its document. */
export async function problem(response: Response, status: number, code: string) {
  const document = (await response.json()) as {
    status: number;
    code: string;
    detail: string;
    faults?: { code: string; series?: number; position?: number | string }[];
  };
  expect(document).toMatchObject({ type: 'about:blank', status, code });
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  return document;
}

export const BATCH_TYPE = { 'content-type': 'application/vnd.kll.batch' };

export function series(values: number[], more: Partial<BatchSeries> = {}): BatchSeries {
  return { name: 'latency_ms', labels: { route: '/a' }, age: 0, values: Float64Array.from(values), ...more };
}

export function container(
  list: BatchSeries[],
  more: { id?: Uint8Array; created?: number; key?: string } = {},
) {
  const { id = crypto.getRandomValues(new Uint8Array(16)), created = Date.now(), key } = more;
  return encodeBatch({ id, created, ...(key === undefined ? {} : { key }), series: list });
}

/** Two objects' worth of configuration: tests need no more. */
export async function configured(tenant: string, change: object = { ingest: 1, series: 1 }): Promise<string> {
  const token = await tokenOf(tenant, 'admin');
  const response = await ask('/v1/admin/config', { token, method: 'PATCH', body: change });
  expect(response.status).toBe(200);
  return token;
}

/** What the tenant's ingest objects say they have stored. */
export async function storedValues(tenant: string, objects = 4): Promise<number> {
  let values = 0;
  for (let slot = 0; slot < objects; slot++) {
    const { counters } = await env.INGEST.getByName(`ingest:${tenant}:${slot}`).counters();
    for (const { name, value } of counters) if (name === 'kll_edge_stored_values_total') values += value;
  }
  return values;
}

export async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
