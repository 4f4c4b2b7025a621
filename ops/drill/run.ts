/**
 * `npm run ops:drill -- [--series N] [NAME...]`: incidents before a running edge of this build, from which its runbooks lead back.
 * The commands are those of the runbooks, taken from their `sh` blocks; what is lost and how long it took is measured
 * and printed, against the targets. N series of two days are held by the edge that is lost (default 20). Exit code 1 when a runbook does not lead back or a target is missed.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../check/known.js';
import type { Recovery } from './scenario.js';

/** Targets, in seconds: less than an hour of data, less than four hours of time. */
const RPO_TARGET_S = 3600;
const RTO_TARGET_S = 4 * 3600;
/** As many as a tenant has by default. */
const MOST_SERIES = 9_000;
const DRILLS = ['corrupt-blob', 'backlog', 'disaster-recovery'];

/** What the runbooks' commands are typed with. */
const COMMANDS = ['bash', 'curl', 'jq', 'sqlite3'];

/** A fresh clone has nothing built yet. */
function makeReady(): void {
  const missing = COMMANDS.filter((command) => spawnSync('which', [command]).status !== 0);
  if (missing.length > 0) {
    console.error(`missing: ${missing.join(', ')}. apt-get install ${missing.join(' ')}`);
    process.exit(2);
  }
  const isBuilt = ['dist/workers/worker.js', 'dist/cli/kll.js'].every((file) => existsSync(ROOT + file));
  if (!isBuilt) execFileSync('npm', ['run', 'build', '--silent'], { cwd: ROOT, stdio: 'inherit' });
}

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { series: { type: 'string', default: '20' } },
});
const series = Number(options.series);
if (!Number.isInteger(series) || series < 1 || series > MOST_SERIES) {
  console.error(`--series: expected 1 to ${MOST_SERIES}, found ${options.series}`);
  process.exit(2);
}
const unknown = wanted.find((name) => !DRILLS.includes(name));
if (unknown !== undefined) {
  console.error(`unknown drill ${unknown}: there are ${DRILLS.join(', ')}`);
  process.exit(2);
}

makeReady();
// They import what only a build makes.
const { Site } = await import('./scenario.js');
const { backlog } = await import('./backlog.js');
const { corruptBlob } = await import('./corrupt-blob.js');
const { disasterRecovery } = await import('./disaster-recovery.js');
const scenarios = [corruptBlob, backlog, disasterRecovery];
const results: { name: string; recovery?: Recovery; fault?: string }[] = [];
for (const scenario of scenarios.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  console.log(`\n${scenario.name}: ${scenario.runbook}`);
  const folder = mkdtempSync(join(tmpdir(), `kll-drill-${scenario.name}-`));
  const site = await Site.open(folder, series);
  try {
    const recovery = await scenario.run(site);
    const isWithin = recovery.rpoSeconds < RPO_TARGET_S && recovery.rtoSeconds < RTO_TARGET_S;
    results.push({ name: scenario.name, recovery, ...(isWithin ? {} : { fault: 'a target is missed' }) });
  } catch (error) {
    results.push({ name: scenario.name, fault: (error as Error).message });
  } finally {
    await site.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

console.log(`\nTargets: RPO below ${RPO_TARGET_S} s, RTO below ${RTO_TARGET_S} s.`);
for (const { name, recovery, fault } of results) {
  if (recovery) {
    const { rpoSeconds, rtoSeconds, lost, found } = recovery;
    console.log(
      `${name}: RPO ${rpoSeconds.toFixed(1)} s (${lost} values lost), RTO ${rtoSeconds.toFixed(1)} s. ${found}.`,
    );
  }
  if (fault) console.error(`${name}: FAILED: ${fault}`);
}
if (results.some(({ fault }) => fault !== undefined)) process.exitCode = 1;
