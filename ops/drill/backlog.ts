/** Somebody paused hand-overs for maintenance, made batches wait longer, and forgot both: they pile up. */
import { call } from '../live/senders.js';
import { sleep } from './pages.js';
import type { Recovery, Scenario, Site } from './scenario.js';

const RUNBOOK = 'ops/runbooks/KllEdgeMergeBacklog.md';
const PAUSE = { minutes: 60 };
const WRONG = { sealMs: 10_000, sealBatches: 100_000 };
/** Seconds for which batches pile up before somebody looks. */
const UNNOTICED_S = 12;

export const backlog: Scenario = {
  name: 'backlog',
  runbook: RUNBOOK,
  async run(site: Site): Promise<Recovery> {
    await sleep(2000);
    const incident = Date.now();
    await call(site.edge, '/v1/admin/pause', { method: 'POST', body: JSON.stringify(PAUSE) });
    await call(site.edge, '/v1/admin/config', { method: 'PATCH', body: JSON.stringify(WRONG) });
    await sleep(UNNOTICED_S * 1000);
    const waited = await oldestPendingSeconds(site);
    if (waited < UNNOTICED_S / 2) throw new Error(`no backlog came about: the oldest waited ${waited} s`);
    await site.follow(RUNBOOK, 'Diagnosis');
    await site.follow(RUNBOOK, 'Resolution');
    const rtoSeconds = (Date.now() - incident) / 1000;
    await site.pages.pause();
    const truth = site.pages.total();
    const { n } = await site.answerThat(
      `n ${truth.n} and sum ${truth.sum}`,
      (answer) => answer.n === truth.n && answer.sum === truth.sum && !answer.partial,
    );
    return {
      rpoSeconds: 0,
      lost: truth.n - n,
      rtoSeconds,
      found: `n and sum of ${n} values exact; the oldest batch had waited ${waited.toFixed(0)} s`,
    };
  },
};

async function oldestPendingSeconds(site: Site): Promise<number> {
  const text = await (await call(site.edge, '/metrics')).text();
  return Number(/^kll_edge_oldest_pending_seconds (\S+)$/m.exec(text)?.[1] ?? 0);
}
