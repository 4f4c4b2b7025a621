/** Rules, their tests and the configurations, by promtool and amtool of Debian's packages. First part of `npm run test:ops`. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const EXAMPLE = 'examples/observability';
const yaml = (folder: string) =>
  readdirSync(`${ROOT}${folder}`)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => `${folder}/${file}`);

// A full check wants the files that a configuration names: a copy has tokens beside it, as somebody's would.
const copy = mkdtempSync(join(tmpdir(), 'kll-ops-'));
for (const folder of ['ops/alerts', EXAMPLE]) cpSync(ROOT + folder, join(copy, folder), { recursive: true });
for (const token of ['metrics.token', 'query.token']) writeFileSync(join(copy, EXAMPLE, token), 'none');

const runs = [
  ['promtool', 'check', 'rules', ...yaml('ops/alerts')],
  ['promtool', 'test', 'rules', ...yaml('ops/alerts/tests')],
  ['promtool', 'check', 'config', join(copy, EXAMPLE, 'prometheus.yml')],
  ['amtool', 'check-config', join(copy, EXAMPLE, 'alertmanager.yml')],
];
for (const [command, ...args] of runs) {
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit' });
  if (error) console.error(`${command} is missing: apt-get install prometheus prometheus-alertmanager`);
  if (status !== 0) process.exitCode = 1;
}
rmSync(copy, { recursive: true });
