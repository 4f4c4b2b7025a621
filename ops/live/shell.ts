/** A shell in which commands of runbooks are typed one after the other, as a person would. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { RunbookCommand } from './runbook-commands.js';

export interface Outcome {
  command: RunbookCommand;
  exit: number;
  /** Of both outputs, at most the last 4,000 characters. */
  output: string;
  seconds: number;
  /** Why it is not as expected; undefined if it is. */
  fault: string | undefined;
}

export interface Shell {
  /** Types a command and waits until it has ended; one behind `&` goes on. */
  run(command: RunbookCommand): Promise<Outcome>;
  end(): Promise<void>;
}

/** A command that takes longer hangs. */
const LONGEST_MS = 300_000;
/** A problem document in the output of curl, which ends with 0 all the same. */
const PROBLEM = /"code":"ERR_\w+"/;

/**
 * @param folder where commands run
 * @param env what they find in their environment, beside that of this process
 * @param pipefail whether a pipe fails with any of its parts; a person's shell asks the last one alone
 */
export function openShell(folder: string, env: Record<string, string>, { pipefail = true } = {}): Shell {
  const shell: ChildProcess = spawn('bash', ['--noprofile', '--norc', pipefail ? '-o' : '+o', 'pipefail'], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
    // A group of its own: what it left in the background ends with it.
    detached: true,
  });
  const ended = once(shell, 'exit');
  const lines = createInterface({ input: shell.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  const kill = () => {
    try {
      process.kill(-(shell.pid as number), 'SIGTERM');
    } catch {
      // It has ended already.
    }
  };
  return {
    async run(command) {
      const mark = randomBytes(8).toString('hex');
      const began = performance.now();
      // Its standard input is nothing: it would read the commands that follow.
      shell.stdin?.write(`{ ${command.text}\n} 2>&1 </dev/null; printf '\\n%s %s\\n' ${mark} $?\n`);
      const timer = setTimeout(kill, LONGEST_MS);
      let output = '';
      let exit: number | undefined;
      while (exit === undefined) {
        const { value, done } = await lines.next();
        if (done) break;
        const line = value as string;
        if (line.startsWith(`${mark} `)) exit = Number(line.slice(mark.length + 1));
        else output = `${output}${line}\n`.slice(-4000);
      }
      clearTimeout(timer);
      return {
        command,
        exit: exit ?? -1,
        output: output.trim(),
        seconds: (performance.now() - began) / 1000,
        fault: faultOf(command, exit, output),
      };
    },
    async end() {
      shell.stdin?.end();
      kill();
      await ended;
    },
  };
}

function faultOf({ exits }: RunbookCommand, exit: number | undefined, output: string): string | undefined {
  if (exit === undefined) return `did not end within ${LONGEST_MS / 1000} s, or ended the shell`;
  if (!exits.includes(exit)) return `exit ${exit}, expected ${exits.join(' or ')}`;
  if (exit === 0 && PROBLEM.test(output)) return `the edge refused it: ${output.slice(0, 500)}`;
  return undefined;
}
