/** What an isolate keeps of the directory's answers. */
import { afterEach, expect, it, vi } from 'vitest';
import { forgetDirectory, ingestKey, tenantConfig } from '../../src/adapters/workers/directory-cache.js';
import type { EdgeEnv } from '../../src/adapters/workers/env.js';

afterEach(() => vi.useRealTimers());

type Answer = (revision: number) => void;

/** A directory that answers when it is told to, each ask by itself. */
function directory() {
  const answers: Answer[] = [];
  const tenant = () => new Promise((resolve) => answers.push((revision) => resolve({ revision })));
  const env = { KLL_DIRECTORY_TTL_MS: '60000', DIRECTORY: { getByName: () => ({ tenant }) } };
  return { env: env as unknown as EdgeEnv, answers };
}

it('lets no request wait for what another one has asked', async () => {
  const { env, answers } = directory();
  void tenantConfig(env, 'waits');
  const second = tenantConfig(env, 'waits');
  // The first request was ended by the platform: nothing of it comes any more.
  answers[1](7);
  expect(await second).toEqual({ revision: 7 });
  expect(await tenantConfig(env, 'waits')).toEqual({ revision: 7 });
  expect(answers).toHaveLength(2);
});

it('keeps the answer to the last of asks that were under way at once', async () => {
  const { env, answers } = directory();
  const asked = [tenantConfig(env, 'crosses'), tenantConfig(env, 'crosses', true)];
  answers[1](2);
  await asked[1];
  answers[0](1);
  expect(await asked[0]).toEqual({ revision: 1 });
  expect(await tenantConfig(env, 'crosses')).toEqual({ revision: 2 });
});

it('keeps no answer to what was asked before a change', async () => {
  const { env, answers } = directory();
  const before = tenantConfig(env, 'changes');
  forgetDirectory();
  answers[0](1);
  await before;
  const after = tenantConfig(env, 'changes');
  answers[1](2);
  expect(await after).toEqual({ revision: 2 });
});

it('goes on for five minutes with what is known where the directory fails, and asks again meanwhile', async () => {
  const now = Date.now();
  vi.useFakeTimers({ toFake: ['Date'], now });
  let [asked, isDown] = [0, false];
  const answer = async (revision: number) => {
    asked++;
    if (isDown) throw new Error('overloaded');
    return { revision };
  };
  const getByName = () => ({ tenant: () => answer(1), key: () => answer(2) });
  const env = { KLL_DIRECTORY_TTL_MS: '5000', DIRECTORY: { getByName } } as unknown as EdgeEnv;
  const ask = () => Promise.all([tenantConfig(env, 'stale'), ingestKey(env, 'k_stale00')]);
  expect(await ask()).toMatchObject([{ revision: 1 }, { revision: 2 }]);
  isDown = true;
  for (const seconds of [6, 7, 30, 299]) {
    vi.setSystemTime(now + seconds * 1000);
    expect(await ask()).toMatchObject([{ revision: 1 }, { revision: 2 }]);
  }
  // Twice at first; of 6 and 7 seconds at 6 alone.
  expect(asked).toBe(2 + 2 * 3);
  await expect(tenantConfig(env, 'stale', true)).rejects.toThrow('overloaded');
  await expect(tenantConfig(env, 'new')).rejects.toThrow('overloaded');
  vi.setSystemTime(now + 305_000);
  await expect(ask()).rejects.toThrow('overloaded');
  isDown = false;
  expect(await ask()).toMatchObject([{ revision: 1 }, { revision: 2 }]);
});

it('asks of keys that nobody made a bounded number of times, and of known keys as ever', async () => {
  const now = Date.now() + 3_600_000;
  vi.useFakeTimers({ toFake: ['Date'], now });
  let asked = 0;
  const known = ['k_known00', 'k_fresh00'];
  const getByName = () => ({
    async key(key: string) {
      asked++;
      return known.includes(key) ? { key } : undefined;
    },
    tenant: async () => ({ revision: 1 }),
  });
  const env = { KLL_DIRECTORY_TTL_MS: '5000', DIRECTORY: { getByName } } as unknown as EdgeEnv;
  const forged = (i: number) => ingestKey(env, `k_${String(i).padStart(7, '0')}`);
  await tenantConfig(env, 'kept');
  expect(await ingestKey(env, 'k_known00')).toBeDefined();
  for (let second = 0; second < 3; second++) {
    vi.setSystemTime(now + second * 1000);
    asked = 0;
    for (let i = 0; i < 1000; i++) {
      const look = forged(1e5 * second + i);
      if (i < 100) expect(await look).toBeUndefined();
      else await expect(look).rejects.toMatchObject({ status: 429, code: 'ERR_BUSY' });
    }
    expect(asked).toBe(100);
    // What is known to be none is said without asking.
    expect(await forged(1e5 * second)).toBeUndefined();
  }
  vi.setSystemTime(now + 6_000);
  for (let i = 0; i < 100; i++) await forged(7e5 + i);
  asked = 0;
  expect(await ingestKey(env, 'k_known00')).toBeDefined();
  expect(asked).toBe(1);
  await expect(ingestKey(env, 'k_fresh00')).rejects.toMatchObject({ status: 429 });
  vi.setSystemTime(now + 7_000);
  expect(await ingestKey(env, 'k_fresh00')).toBeDefined();
});

it('has so many look-ups of new keys under way at most', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 7_200_000 });
  const answers: (() => void)[] = [];
  const key = () => new Promise<undefined>((resolve) => answers.push(() => resolve(undefined)));
  const env = {
    KLL_DIRECTORY_TTL_MS: '5000',
    DIRECTORY: { getByName: () => ({ key }) },
  } as unknown as EdgeEnv;
  const forged = (i: number) => ingestKey(env, `kllpk_${String(i).padStart(32, '0')}`);
  const looks = Array.from({ length: 500 }, (_, i) => forged(i).catch(({ code }) => code));
  await Promise.resolve();
  expect(answers.length).toBe(200);
  for (const resolve of answers) resolve();
  const answered = await Promise.all(looks);
  expect(answered).toEqual(Array.from({ length: 500 }, (_, i) => (i < 200 ? undefined : 'ERR_BUSY')));
});
