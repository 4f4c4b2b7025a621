/** `npm run test:ops`: rules, their tests and the configurations, by promtool of Debian's package `prometheus`. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const yaml = (folder: string) =>
  readdirSync(`${ROOT}${folder}`)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => `${folder}/${file}`);

const runs = [
  ['check', 'rules', ...yaml('ops/alerts')],
  ['test', 'rules', ...yaml('ops/alerts/tests')],
  ['check', 'config', '--syntax-only', 'ops/observability/prometheus.yml'],
];
for (const args of runs) {
  const { status, error } = spawnSync('promtool', args, { cwd: ROOT, stdio: 'inherit' });
  if (error) {
    console.error('promtool is missing: apt-get install prometheus');
    process.exit(1);
  }
  if (status !== 0) process.exitCode = 1;
}
