/** What `kll` writes and where: reports to standard output, everything else to standard error. */
import { describeError, ioError, toCliError } from '../exit.js';

/** Columns to write in. */
export function terminalWidth(): number {
  return Math.min(120, Math.max(40, process.stdout.columns ?? 80));
}

/** Makes text stand out on a terminal that can show it. */
export function heading(text: string): string {
  return process.stdout.isTTY && !process.env.NO_COLOR ? `\u001b[1m${text}\u001b[22m` : text;
}

/** Writes lines to standard output. */
export async function printLines(lines: readonly string[]): Promise<void> {
  await writeOut(`${lines.join('\n')}\n`);
}

/**
 * Writes a report for machines. JSON has no NaN and no infinities: NaN becomes null, infinities become text.
 * Integers beyond 2^53 are decimal text.
 */
export async function printJson(report: unknown): Promise<void> {
  await writeOut(`${toJson(report)}\n`);
}

export function toJson(report: unknown): string {
  return JSON.stringify(
    report,
    (_key, value) => {
      if (typeof value === 'bigint') return value.toString();
      if (value === Number.POSITIVE_INFINITY) return 'Infinity';
      if (value === Number.NEGATIVE_INFINITY) return '-Infinity';
      return value;
    },
    2,
  );
}

/** Writes to standard output and waits until it has been taken, or nobody reads on. */
export function writeOut(data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(data, (error) =>
      error && !isClosedPipe(error) ? reject(ioError('write', 'standard output', error)) : resolve(),
    );
  });
}

/** A remark that is no part of the report. */
export function remark(text: string): void {
  process.stderr.write(`kll: ${text}\n`);
}

/** Says what went wrong; returns the exit code. */
export function reportError(error: unknown, json: boolean): number {
  const cliError = toCliError(error);
  const { exitCode, code, message, hint } = cliError;
  if (json) process.stderr.write(`${toJson({ schema: 'kll.error/1', code, exitCode, message, hint })}\n`);
  else process.stderr.write(`kll: ${describeError(cliError)}\n${hint ? `     ${hint}\n` : ''}`);
  return exitCode;
}

/** A reader that has seen enough (`kll ... | head`) closes the pipe: no error, and no verdict either. The verb ends as it would. */
export function handleClosedPipe(json: boolean): void {
  process.stdout.on('error', (error) => {
    if (!isClosedPipe(error)) process.exit(reportError(ioError('write', 'standard output', error), json));
  });
  process.stderr.on('error', () => {});
}

function isClosedPipe({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE';
}
