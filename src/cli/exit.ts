/** How `kll` ends: the exit codes, and what is said when something is wrong. */
import { SketchArgumentError, SketchDataError, SketchRuntimeError } from '../core/errors.js';

export const EXIT = {
  ok: 0,
  /** The work was done and its verdict is negative: a file refused by `verify`, a difference found by `compare`. */
  negative: 1,
  /** The command line cannot be carried out: an unknown option, a missing column name. */
  usage: 2,
  /** The input is not what it should be. */
  data: 3,
  /** Reading or writing failed. */
  io: 4,
  /** A fault of kll itself. */
  internal: 70,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

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

export const usageError = (message: string, hint?: string) =>
  new CliError(EXIT.usage, 'ERR_USAGE', message, hint);

export const dataError = (message: string, hint?: string, code = 'ERR_INPUT') =>
  new CliError(EXIT.data, code, message, hint);

const SYSTEM_ERRORS: Record<string, string> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of its path is not a directory',
  EEXIST: 'it exists already',
  ENOSPC: 'no space left',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many open files',
  EIO: 'the device failed',
};

/** A failure of the system while a file was read or written. */
export function ioError(verb: 'read' | 'write', name: string, error: unknown): CliError {
  const { code = 'EIO', message = String(error) } = error as NodeJS.ErrnoException;
  return new CliError(EXIT.io, code, `cannot ${verb} ${name}: ${SYSTEM_ERRORS[code] ?? message}`);
}

/** Any error as one that can be shown. */
export function toCliError(error: unknown): CliError {
  if (error instanceof CliError) return error;
  if (error instanceof SketchArgumentError) return new CliError(EXIT.usage, error.code, error.message);
  if (error instanceof SketchDataError) return new CliError(EXIT.data, error.code, error.message);
  if (error instanceof SketchRuntimeError) return new CliError(EXIT.internal, error.code, error.message);
  const { code, syscall, message = String(error) } = error as NodeJS.ErrnoException;
  if (syscall && code) return new CliError(EXIT.io, code, SYSTEM_ERRORS[code] ?? message);
  return new CliError(
    EXIT.internal,
    'ERR_INTERNAL',
    `internal error: ${message}`,
    'This is a fault of kll: please report it with the command you gave.',
  );
}
