/** What an isolate keeps of the directory's answers. */
import { expect, it } from 'vitest';
import { forgetDirectory, tenantConfig } from '../../src/adapters/workers/directory-cache.js';
import type { EdgeEnv } from '../../src/adapters/workers/env.js';

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
