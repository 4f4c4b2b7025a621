/** Whose turn it is when the clock rings. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { TenantBackup } from '../../src/adapters/workers/contract.js';
import { runDuties } from '../../src/adapters/workers/duties.js';
import type { EdgeEnv } from '../../src/adapters/workers/env.js';
import { START, setClock } from './ingest/ground.js';

const MINUTE_MS = 60_000;
/** Lines of the log. */
const told: string[] = [];
/** Tenants whose turn was written down. */
const begun: string[] = [];

function known(tenant: string, confirmed?: number, turn?: number): TenantBackup {
  const about = { id: 'ab'.repeat(16), records: 1, bytes: 1, target: 'bucket', place: '' } as const;
  return {
    tenant,
    since: 0,
    ...(turn === undefined ? {} : { turn }),
    ...(confirmed === undefined ? {} : { newest: { ...about, created: confirmed, confirmed } }),
  };
}

/** Runs duties, of which there are none, of some tenants. @returns those who had their turn */
async function turns(
  tenants: readonly TenantBackup[],
  turn: (tenant: string) => Promise<void> = async () => {},
): Promise<string[]> {
  const served: string[] = [];
  const directory = {
    tenantBackups: async () => tenants,
    async beginTurn(tenant: string) {
      begun.push(tenant);
    },
    async tenant(tenant: string) {
      served.push(tenant);
      await turn(tenant);
      return { tenant };
    },
  };
  await runDuties({ DIRECTORY: { getByName: () => directory } } as unknown as EdgeEnv);
  return served;
}

beforeEach(() => {
  setClock(START);
  told.length = 0;
  begun.length = 0;
  for (const level of ['warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((line) => told.push(line));
  }
});

describe('duties', () => {
  it('are done first for who has been without a backup longest, whatever the name', async () => {
    const tenants = [known('a', 3), known('b', 1), known('c'), known('d', 2)];
    expect(await turns(tenants)).toEqual(['c', 'b', 'd', 'a']);
  });

  it('do not begin with one whose last turn never ended, run after run', async () => {
    const tenants = [known('stuck', undefined, 9), known('b', 5, 4), known('c', 7, 6)];
    expect(await turns(tenants)).toEqual(['b', 'c', 'stuck']);
    expect(begun).toEqual(['b', 'c', 'stuck']);
  });

  it('are done in an order of chance where nothing else decides', async () => {
    const tenants = Array.from({ length: 50 }, (_, i) => known(`t${i}`));
    const [one, other] = [await turns(tenants), await turns(tenants)];
    expect(one).not.toEqual(other);
    expect([...one].sort()).toEqual([...other].sort());
  });

  it('go on behind a tenant of whom nothing can be learnt', async () => {
    const fail = async (tenant: string) => {
      if (tenant === 'a') throw new Error('the network is down');
    };
    expect(await turns([known('a', 1), known('b', 2)], fail)).toEqual(['a', 'b']);
    expect(told).toEqual([expect.stringContaining('duty failed')]);
  });

  it('leave who is not reached in time to the next run, and say how many', async () => {
    const tenants = Array.from({ length: 5 }, (_, i) => known(`t${i}`, i));
    const slow = async () => setClock(Date.now() + 6 * MINUTE_MS);
    expect(await turns(tenants, slow)).toEqual(['t0', 't1']);
    expect(told).toEqual([expect.stringContaining('"tenants":3')]);
  });
});
