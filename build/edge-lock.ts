/** Whether a workerd runs already that writes into the same folder: two of them would write over each other. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** @param configuration absolute path of the file that workerd was started with */
export function hold(configuration: string, pid: number): void {
  writeFileSync(lockOf(configuration), `${pid}\n`);
}

/**
 * The id of the workerd that runs with this configuration. One that is dead holds nothing, also where its number is that
 * of another process by now, as after a start of the machine or of a container.
 */
export function holderOf(configuration: string): number | undefined {
  const file = lockOf(configuration);
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  return Number.isInteger(pid) && pid > 0 && commandOf(pid).includes(configuration) ? pid : undefined;
}

function lockOf(configuration: string): string {
  return `${configuration}.pid`;
}

/** The command line of a process, empty where there is none. */
function commandOf(pid: number): string {
  try {
    if (existsSync('/proc/self/cmdline')) return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
  return spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
}
