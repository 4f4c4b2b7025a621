/** The machine of the edge and its storage are gone; pages go on sending. */
import { rmSync } from 'node:fs';
import { batchOf, call } from '../live/senders.js';
import { sendHistory } from './history.js';
import { sleep } from './pages.js';
import type { Recovery, Scenario, Site } from './scenario.js';

const RUNBOOK = 'ops/runbooks/disaster-recovery.md';
const BACKUP = 'ops/runbooks/backup-and-restore.md';
/** Seconds from the backup to the loss. */
const SINCE_BACKUP_S = 5;
/** A tenant besides that of the pages, and how many values it has. */
const NEIGHBOUR = 'shop';
const NEIGHBOURS = 500;

export const disasterRecovery: Scenario = {
  name: 'disaster-recovery',
  runbook: RUNBOOK,
  async run(site: Site): Promise<Recovery> {
    const held = await sendHistory(site.edge, site.historySeries);
    const neighbour = { url: site.edge.url, token: await site.edge.tokenOf(NEIGHBOUR) };
    const series = [{ name: 'lcp', values: Array.from({ length: NEIGHBOURS }, (_, i) => i), ageMs: 0 }];
    await call(neighbour, '/v1/ingest', { method: 'POST', body: batchOf(series) });
    await sleep(3000);
    await site.pages.pause();
    const saved = site.pages.total();
    await site.follow(BACKUP, 'Resolution');
    const savedAt = Date.now();
    site.pages.resume();
    await sleep(SINCE_BACKUP_S * 1000);

    await site.kill();
    rmSync(site.data, { recursive: true });
    const incident = Date.now();
    const before = site.pages.total(incident);
    await site.follow(RUNBOOK, 'Diagnosis');
    const steps = await site.follow(RUNBOOK, 'Resolution');
    const rtoSeconds = (steps.endOf(/jq -e/) - incident) / 1000;

    // Batches that were on their way when it was lost have been sent again since.
    await site.pages.pause();
    const since = site.pages.total();
    const expected = { n: saved.n + since.n - before.n, sum: saved.sum + since.sum - before.sum };
    if (since.n <= before.n) throw new Error('no page delivered anything after the recovery');
    await site.answerThat(
      `n ${expected.n} and sum ${expected.sum}`,
      ({ n, sum, partial }) => n === expected.n && sum === expected.sum && !partial,
    );
    const answer = await (await call(site.edge, '/v1/quantiles?name=history')).json();
    if ((answer as { n: number }).n !== held.values) {
      throw new Error(`${held.values} values of other series expected, found ${JSON.stringify(answer)}`);
    }
    const next = (await (await call(neighbour, '/v1/quantiles?name=lcp')).json()) as { n: number };
    if (next.n !== NEIGHBOURS) {
      throw new Error(`${NEIGHBOURS} values of tenant ${NEIGHBOUR} expected, found ${JSON.stringify(next)}`);
    }
    return {
      rpoSeconds: (incident - savedAt) / 1000,
      lost: before.n - saved.n,
      rtoSeconds,
      found: `${held.buckets} buckets of ${site.historySeries} other series and another tenant; ${saved.n} values of the backup and ${since.n - before.n} that pages sent since are there, n and sum exact`,
    };
  },
};
