import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ask, BATCH_TYPE, configured, container, problem, series } from './edge-client.js';

let token: string;
beforeAll(async () => {
  token = await configured('patient');
});
afterEach(() => vi.useRealTimers());

/** A body that begins and never goes on. */
const stalled = (bytes = 1) =>
  new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(bytes)) });
/** As a beacon comes: its key is in the body, if it has one. */
const beacon = (body: BodyInit) => ask('/v1/ingest', { headers: { 'content-type': 'text/plain' }, body });
const known = (body: BodyInit) => ask('/v1/ingest', { token, headers: BATCH_TYPE, body });
const turn = () => new Promise((done) => setTimeout(done, 50));

describe('bodies that do not come', () => {
  it('keep nobody else from being stored, and are given up', async () => {
    const now = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now });
    const waiting = Array.from({ length: 240 }, () => beacon(stalled()));
    await turn();
    expect((await known(container([series([1])]))).status).toBe(202);
    await problem(await beacon(container([series([1])])), 401, 'ERR_UNAUTHENTICATED');
    vi.setSystemTime(now + 31_000);
    for (const response of await Promise.all(waiting)) await problem(response, 408, 'ERR_BODY_SLOW');
  });

  it('have less time while they take half of the room', async () => {
    const now = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now });
    const waiting = Array.from({ length: 500 }, () => beacon(stalled()));
    await turn();
    await problem(await beacon(container([series([1])])), 429, 'ERR_BUSY');
    expect((await known(container([series([1])]))).status).toBe(202);
    vi.setSystemTime(now + 4_000);
    await new Promise((done) => setTimeout(done, 2_000));
    await problem(await beacon(container([series([1])])), 401, 'ERR_UNAUTHENTICATED');
    vi.setSystemTime(now + 31_000);
    for (const response of await Promise.all(waiting)) await problem(response, 408, 'ERR_BODY_SLOW');
  });

  it('hold no more memory than there is for them', async () => {
    const now = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now });
    const waiting = Array.from({ length: 8 }, () => beacon(stalled(2 ** 20)));
    await turn();
    await problem(await beacon(stalled(1)), 429, 'ERR_BUSY');
    expect((await known(container([series([1])]))).status).toBe(202);
    vi.setSystemTime(now + 31_000);
    await Promise.all(waiting);
    await problem(await beacon(container([series([1])])), 401, 'ERR_UNAUTHENTICATED');
  });
});

it('a place of a request that the platform has ended is given back after a minute', async () => {
  const now = Date.now();
  vi.useFakeTimers({ toFake: ['Date'], now });
  // As one that is ended: nobody answers it any more, and nothing behind its `await` runs.
  const key = () => new Promise(() => {});
  const DIRECTORY = { getByName: () => ({ key }) } as never;
  const large = (more = {}) => container([series([1], { labels: { filler: 'x'.repeat(90_000) } })], more);
  const headers = { 'content-type': 'text/plain' };
  for (let i = 0; i < 100; i++) {
    void ask('/v1/ingest', { headers, body: large({ key: 'k_0000000' }), variables: { DIRECTORY } });
  }
  await turn();
  await problem(await beacon(large()), 429, 'ERR_BUSY');
  expect((await known(container([series([1])]))).status).toBe(202);
  vi.setSystemTime(now + 61_000);
  await problem(await beacon(large()), 401, 'ERR_UNAUTHENTICATED');
});

it('a body that is allowed to be larger than all of them together is read when it is alone', async () => {
  const body = new Uint8Array(9 * 2 ** 20);
  const variables = { KLL_MAX_BODY_BYTES: String(2 ** 24), KLL_MAX_INFLATED_BYTES: String(2 ** 24) };
  const response = await ask('/v1/ingest', { headers: { 'content-type': 'text/plain' }, body, variables });
  await problem(response, 401, 'ERR_UNAUTHENTICATED');
});

it('more batches than an isolate may store at once are refused before they are read', async () => {
  const variables = { KLL_MAX_IN_FLIGHT: '1' };
  const send = () =>
    ask('/v1/ingest', { token, headers: BATCH_TYPE, body: container([series([1])]), variables });
  const statuses = (await Promise.all(Array.from({ length: 20 }, send))).map(({ status }) => status);
  expect(new Set(statuses)).toEqual(new Set([202, 429]));
  expect((await send()).status).toBe(202);
});

it('a batch whose storing never ends keeps others from being stored for a minute', async () => {
  const now = Date.now();
  vi.useFakeTimers({ toFake: ['Date'], now });
  const variables = { KLL_MAX_IN_FLIGHT: '1' };
  const send = (more = {}) => {
    const body = container([series([1])]);
    return ask('/v1/ingest', { token, headers: BATCH_TYPE, body, variables: { ...variables, ...more } });
  };
  const take = () => new Promise(() => {});
  void send({ INGEST: { getByName: () => ({ take }) } as never });
  await turn();
  await problem(await send(), 429, 'ERR_BUSY');
  vi.setSystemTime(now + 61_000);
  expect((await send()).status).toBe(202);
});
