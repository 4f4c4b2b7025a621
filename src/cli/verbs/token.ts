/** kll token: a token for an edge, signed with its secret. Whoever has the secret needs nothing else: no edge is asked. */
import { readFile, stat } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { SignJWT } from 'jose';
import { LEAST_SECRET_BYTES, SCOPES, type Scope, TENANT_FORM } from '../../wire/token-form.js';
import { withJson } from '../arguments.js';
import { dataError, EXIT, type ExitCode, ioError, usageError } from '../exit.js';
import { printJson, printLines } from '../output/terminal.js';

interface TokenArguments {
  tenant: string;
  scopes: Scope[];
  expires?: number;
  subject?: string;
  secretFile?: string;
  json?: boolean;
}

const UNIT_S: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const LONGEST_S = 3650 * UNIT_S.d;

export function tokenCommand(program: Command): Command {
  return withJson(
    program
      .command('token')
      .description('a token for an edge, signed with the secret of $KLL_TOKEN_SECRET or --secret-file')
      .requiredOption('--tenant <name>', 'whose data it is for', toTenant)
      .option('--scopes <scopes>', `what it may do, by comma: ${SCOPES.join(', ')}`, toScopes, ['query'])
      .option(
        '--expires <time>',
        'good for so long, as 12h, 90d (default: until the secret changes)',
        toSeconds,
      )
      .option('--subject <who>', 'who uses it: rates are counted apart for each', toSubject)
      .option('--secret-file <file>', 'file of the secret, readable by its owner alone'),
  );
}

export async function token({
  tenant,
  scopes,
  expires,
  subject,
  secretFile,
  json,
}: TokenArguments): Promise<ExitCode> {
  const secret = new TextEncoder().encode(await secretOf(secretFile));
  if (secret.length < LEAST_SECRET_BYTES) {
    throw dataError(
      `the secret has ${secret.length} bytes, expected at least ${LEAST_SECRET_BYTES}`,
      'openssl rand -hex 32 makes one; the edge refuses every token of a shorter one.',
      'ERR_SECRET',
    );
  }
  const now = Math.floor(Date.now() / 1000);
  const claims = { tenant, scopes, ...(subject === undefined ? {} : { sub: subject }), iat: now };
  const ends = expires === undefined ? undefined : now + expires;
  const signed = await new SignJWT({ ...claims, ...(ends === undefined ? {} : { exp: ends }) })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(secret);
  if (json) {
    const until = ends === undefined ? null : new Date(ends * 1000).toISOString();
    await printJson({
      schema: 'kll.token/1',
      token: signed,
      tenant,
      scopes,
      subject: subject ?? null,
      expires: until,
    });
  } else await printLines([signed]);
  return EXIT.ok;
}

/** Never by an option: a command line is seen by everybody. */
async function secretOf(file: string | undefined): Promise<string> {
  const { KLL_TOKEN_SECRET } = process.env;
  if (file === undefined) {
    if (KLL_TOKEN_SECRET) return KLL_TOKEN_SECRET;
    throw usageError(
      'expected the secret of the edge',
      'KLL_TOKEN_SECRET in the environment, or --secret-file: npm run edge keeps its own in the file secret of KLL_EDGE_DIR.',
    );
  }
  try {
    const { mode } = await stat(file);
    if ((mode & 0o077) !== 0 && process.platform !== 'win32') {
      throw dataError(
        `${file} is readable by others (mode ${(mode & 0o777).toString(8)})`,
        `chmod 600 ${file}, and a new secret if somebody may have read it.`,
        'ERR_SECRET',
      );
    }
    // Whoever writes it with an editor or echo ends it with a line.
    return (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall) throw ioError('read', file, error);
    throw error;
  }
}

function toTenant(text: string): string {
  if (TENANT_FORM.test(text)) return text;
  throw new InvalidArgumentError(
    `expected 1..63 small letters, digits, _ and -, beginning with a letter or digit, found ${JSON.stringify(text)}.`,
  );
}

function toScopes(text: string): Scope[] {
  const named = text.split(',').map((one) => one.trim());
  const unknown = named.find((one) => !(SCOPES as readonly string[]).includes(one));
  if (unknown === undefined) return SCOPES.filter((one) => named.includes(one));
  throw new InvalidArgumentError(`expected some of ${SCOPES.join(', ')}, found ${JSON.stringify(unknown)}.`);
}

function toSubject(text: string): string {
  if (text.length >= 1 && text.length <= 128) return text;
  throw new InvalidArgumentError(`expected 1..128 characters, found ${text.length}.`);
}

function toSeconds(text: string): number {
  const found = /^(\d+)([smhdw])$/.exec(text);
  const seconds = found ? Number(found[1]) * UNIT_S[found[2]] : 0;
  if (seconds > 0 && seconds <= LONGEST_S) return seconds;
  throw new InvalidArgumentError(`expected 1s to 3650d, found ${JSON.stringify(text)}.`);
}
