/** How `kll` ends: the exit codes, and what is said when something is wrong. */
import { SketchArgumentError, SketchDataError, SketchRuntimeError } from '../core/errors.js';

export const EXIT = { ok: 0, negative: 1, usage: 2, data: 3, io: 4, internal: 70 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What each exit code says: the words of `kll --help` and of docs/cli.md. */
export const EXIT_MEANINGS: Readonly<Record<ExitCode, string>> = {
  [EXIT.ok]: 'done',
  [EXIT.negative]:
    'done, and the verdict is negative: verify, compare, slo check, restore --verify, export, capacity, doctor, replay',
  [EXIT.usage]: 'the command line is wrong, or the edge refuses what is asked',
  [EXIT.data]: 'the input is not what it should be',
  [EXIT.io]: 'reading or writing failed, or the edge does not answer',
  [EXIT.internal]: 'a fault of kll',
};

/** An error that ends the command: what happened and where, and what to do about it. */
export class CliError extends Error {
  override readonly name = 'CliError';
  constructor(
    readonly exitCode: ExitCode,
    /** Stable code for machines. */
    readonly code: string,
    /** What was found, what was expected, and where: file, line or byte. */
    message: string,
    /** What to do. */
    readonly hint?: string,
  ) {
    super(message);
  }
}

/** An error for people, wherever one is shown. */
export function describeError({ code, message }: { code: string; message: string }): string {
  return `${code}: ${message}`;
}

export const usageError = (message: string, hint?: string) =>
  new CliError(EXIT.usage, 'ERR_USAGE', message, hint);

export const dataError = (message: string, hint?: string, code = 'ERR_INPUT') =>
  new CliError(EXIT.data, code, message, hint);

/** What systems call a failure: the stable code of each, and words for people. */
const SYSTEM_ERRORS: Readonly<Record<string, readonly [code: string, words: string]>> = {
  ENOENT: ['ERR_FILE_ABSENT', 'no such file or folder'],
  ENOTDIR: ['ERR_FILE_KIND', 'it, or a part of its path, is no directory'],
  EISDIR: ['ERR_FILE_KIND', 'it is a directory'],
  EEXIST: ['ERR_FILE_EXISTS', 'it exists already'],
  EACCES: ['ERR_FILE_PERMISSION', 'permission denied'],
  EPERM: ['ERR_FILE_PERMISSION', 'not permitted'],
  EROFS: ['ERR_FILE_PERMISSION', 'the file system is read-only'],
  ENOSPC: ['ERR_DEVICE_FULL', 'no space left'],
  EMFILE: ['ERR_IO', 'too many open files'],
  EIO: ['ERR_IO', 'the device failed'],
};

/** A failure of the system while a file was read or written. */
export function ioError(verb: 'read' | 'write', name: string, error: unknown): CliError {
  const [code, words] = systemFailure(error as NodeJS.ErrnoException);
  // A file that is written need not be there before.
  const said = verb === 'write' && code === 'ERR_FILE_ABSENT' ? 'there is no such folder' : words;
  return new CliError(EXIT.io, code, `cannot ${verb} ${name}: ${said}`);
}

function systemFailure({ code = 'EIO', message }: NodeJS.ErrnoException): readonly [string, string] {
  return SYSTEM_ERRORS[code] ?? ['ERR_IO', message];
}

/** Any error as one that can be shown. */
export function toCliError(error: unknown): CliError {
  if (error instanceof CliError) return error;
  if (error instanceof SketchArgumentError) return new CliError(EXIT.usage, error.code, error.message);
  if (error instanceof SketchDataError) return new CliError(EXIT.data, error.code, error.message);
  if (error instanceof SketchRuntimeError) return new CliError(EXIT.internal, error.code, error.message);
  const { syscall, message = String(error) } = error as NodeJS.ErrnoException;
  if (syscall) return new CliError(EXIT.io, ...systemFailure(error as NodeJS.ErrnoException));
  return new CliError(
    EXIT.internal,
    'ERR_INTERNAL',
    `internal error: ${message}`,
    'This is a fault of kll: please report it with the command you gave.',
  );
}
