/** Stored images are damaged while the edge is down: values are missing from answers. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KllSketch } from '../../src/index.js';
import { damageOldest } from '../live/damage.js';
import { batchOf, call } from '../live/senders.js';
import { sleep, type Total } from './pages.js';
import type { Recovery, Scenario, Site } from './scenario.js';

const KLL = fileURLToPath(new URL('../../dist/cli/kll.js', import.meta.url));
const RUNBOOK = 'ops/runbooks/corrupt-blob.md';
const BACKUP = 'ops/runbooks/backup-and-restore.md';
/** Values of two days before, in buckets that are closed. */
const OLD_HOURS = [3, 5, 26, 40];
/** Seconds from the backup to the damage. */
const SINCE_BACKUP_S = 5;

export const corruptBlob: Scenario = {
  name: 'corrupt-blob',
  runbook: RUNBOOK,
  async run(site: Site): Promise<Recovery> {
    const old = await sendOld(site);
    await sleep(2000);
    // While pages wait, what the backup holds is known to the value.
    await site.pages.pause();
    const saved = plus(site.pages.total(), old);
    await site.follow(BACKUP, 'Diagnosis');
    await site.follow(BACKUP, 'Resolution');
    const savedAt = Date.now();
    site.pages.resume();
    await sleep(SINCE_BACKUP_S * 1000);

    await site.pages.pause();
    await site.kill();
    const damaged = damageOldest(site.data);
    if (damaged === 0) throw new Error('no image was damaged');
    const incident = Date.now();
    await site.restart();
    const all = plus(site.pages.total(), old);
    const { n: readable } = await site.answerThat('an answer that lacks something', ({ partial }) => partial);
    if (readable >= all.n) throw new Error(`nothing is missing: ${readable} of ${all.n} values`);
    backUpDamaged(site);

    site.makeSuspect();
    await site.follow(RUNBOOK, 'Diagnosis');
    const steps = await site.follow(RUNBOOK, 'Resolution');
    const rtoSeconds = (Date.now() - incident) / 1000;
    const whole = KllSketch.fromBytes(new Uint8Array(readFileSync(join(site.workplace, 'whole.kll'))));
    if (whole.n !== all.n || whole.sum !== all.sum) {
      throw new Error(`whole.kll has n ${whole.n} and sum ${whole.sum}, expected ${all.n} and ${all.sum}`);
    }
    const wholeAfter = (steps.endOf(/^kll merge/) - incident) / 1000;
    // Pages go on, into the edge that was put back.
    site.pages.resume();
    await sleep(2000);
    await site.pages.pause();
    const since = site.pages.total();
    const lost = all.n - saved.n;
    const expected = { n: since.n + old.n - lost, sum: since.sum + old.sum - (all.sum - saved.sum) };
    await site.answerThat(
      `n ${expected.n} and sum ${expected.sum}`,
      ({ n, sum, partial }) => n === expected.n && sum === expected.sum && !partial,
    );
    return {
      rpoSeconds: (incident - savedAt) / 1000,
      lost,
      rtoSeconds,
      found: `${damaged} images damaged, ${all.n - readable} values missing; all ${all.n} were answered for after ${wholeAfter.toFixed(1)} s, n and sum exact; after going back to the backup ${expected.n} are there, n and sum exact`,
    };
  },
};

async function sendOld({ edge }: Site): Promise<Total> {
  const total = { n: 0, sum: 0 };
  for (const hours of OLD_HOURS) {
    const values = Array.from({ length: 500 }, (_, i) => 900 + ((i * 7919) % 701));
    for (const device of ['phone', 'desktop']) {
      const series = [{ name: 'lcp', labels: { device }, values, ageMs: hours * 3_600_000 }];
      await call(edge, '/v1/ingest', { method: 'POST', body: batchOf(series) });
      total.n += values.length;
      total.sum += values.reduce((sum, value) => sum + value, 0);
    }
  }
  return total;
}

/** The clock goes on: by the time somebody looks, the newest backup holds the damage. */
function backUpDamaged({ edge, backups }: Site): void {
  const out = join(backups, 'default', 'damaged.kllbackup');
  execFileSync(process.execPath, [KLL, 'backup', '--url', edge.url, '--token', edge.token, '--out', out]);
}

const plus = (a: Total, b: Total): Total => ({ n: a.n + b.n, sum: a.sum + b.sum });
