/** The machine of the edge and its storage are gone; pages go on sending. */
import { rmSync } from 'node:fs';
import { sleep } from './pages.js';
import type { Recovery, Scenario, Site } from './scenario.js';

const RUNBOOK = 'ops/runbooks/disaster-recovery.md';
const BACKUP = 'ops/runbooks/backup-and-restore.md';
/** Seconds from the backup to the loss. */
const SINCE_BACKUP_S = 5;

export const disasterRecovery: Scenario = {
  name: 'disaster-recovery',
  runbook: RUNBOOK,
  async run(site: Site): Promise<Recovery> {
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
    return {
      rpoSeconds: (incident - savedAt) / 1000,
      lost: before.n - saved.n,
      rtoSeconds,
      found: `${saved.n} values of the backup and ${since.n - before.n} that pages sent since are there, n and sum exact`,
    };
  },
};
