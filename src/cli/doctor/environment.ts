/** Does this machine run kll, and is what it finds in its environment what docs/edge.md describes? */
import { availableParallelism, freemem, totalmem } from 'node:os';
import { EVENT_LEVELS } from '../../metrics/event-log.js';
import { LEAST_SECRET_BYTES } from '../../wire/token-form.js';
import { edgeBase } from '../edge/edge-client.js';
import { showBytes } from '../output/figures.js';
import { type Finding, findingsOf } from './finding.js';

const LEAST_NODE = 20;
const LEAST_FREE_BYTES = 256e6;
/** A function with one SIMD instruction: type () -> (), body v128.const, drop. */
const SIMD_MODULE = Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 23, 1, 21, 0, 253, 12, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 26, 11,
]);

export function environmentFindings(): Finding[] {
  const finding = findingsOf('environment');
  const [major] = process.versions.node.split('.').map(Number);
  const [free, total] = [freemem(), totalmem()];
  return [
    finding('node', major >= LEAST_NODE, `${process.version}, expected ${LEAST_NODE} or newer`),
    finding('machine', true, `${process.platform} ${process.arch}, ${availableParallelism()} processors`),
    finding(
      'memory',
      free >= LEAST_FREE_BYTES ? 'ok' : 'warn',
      `${showBytes(free)} free of ${showBytes(total)}`,
    ),
    finding(
      'WebAssembly SIMD',
      WebAssembly.validate(SIMD_MODULE),
      'needed by every sketch of more than 1024 values',
    ),
  ];
}

/** Numbers, with the range outside which whoever reads them takes a default. */
export const NUMBERS: Readonly<Record<string, readonly [least: number, most: number]>> = {
  KLL_MAX_BODY_BYTES: [1024, 64 * 2 ** 20],
  KLL_MAX_INFLATED_BYTES: [1024, 64 * 2 ** 20],
  KLL_MAX_N: [1, 2 ** 52],
  KLL_MAX_IN_FLIGHT: [1, 100_000],
  KLL_MAX_BUCKETS: [1, 10_000_000],
  KLL_MAX_QUERY_SERIES: [1, 1_000_000],
  KLL_MAX_QUERY_GROUPS: [1, 100_000],
  KLL_SLOW_QUERY_MS: [0, 3_600_000],
  KLL_DIRECTORY_TTL_MS: [0, 60_000],
  KLL_BACKUP_MINUTES: [1, 10_080],
  KLL_BACKUP_KEEP: [1, 100_000],
  KLL_LOG_SHARE: [0, 1],
  KLL_TELEMETRY_SHARE: [0, 1],
};
const TEXTS = [
  'KLL_BACKUP_DIR',
  'KLL_COMMIT',
  'KLL_EDGE_DIR',
  'KLL_EXPORT_DIR',
  'KLL_OPERATOR_TENANT',
  'KLL_TELEMETRY',
  'KLL_VERSION',
];
const SERVER_LABELS = ['country', 'device'];

/** Variables that this project reads. */
export const VARIABLES: readonly string[] = [
  ...Object.keys(NUMBERS),
  ...TEXTS,
  'KLL_URL',
  'KLL_TOKEN',
  'KLL_TOKEN_SECRET',
  'KLL_CORS_ORIGINS',
  'KLL_SERVER_LABELS',
  'KLL_TELEMETRY_EVENTS',
];

/** @param now epoch milliseconds */
export function configurationFindings(environment: NodeJS.ProcessEnv, now: number): Finding[] {
  const finding = findingsOf('configuration');
  const findings: Finding[] = [];
  for (const [name, value] of Object.entries(environment).sort()) {
    if (!name.startsWith('KLL_') || value === undefined || value === '') continue;
    const [verdict, found] = judge(name, value, now);
    findings.push(finding(name, verdict, found));
  }
  if (findings.length === 0) findings.push(finding('environment', true, 'no KLL_ variable is set'));
  return findings;
}

function judge(name: string, value: string, now: number): [Finding['verdict'], string] {
  const range = NUMBERS[name];
  if (range) {
    const [least, most] = range;
    const isRight = Number(value) >= least && Number(value) <= most;
    return isRight
      ? ['ok', value]
      : ['fail', `${quoted(value)}, expected ${least} to ${most}: the default holds`];
  }
  if (name === 'KLL_URL') {
    try {
      return ['ok', edgeBase(value)];
    } catch (error) {
      return ['fail', (error as Error).message.replace('--url: ', '')];
    }
  }
  if (name === 'KLL_TOKEN') return judgeToken(value, now);
  if (name === 'KLL_TOKEN_SECRET') {
    const bytes = Buffer.byteLength(value);
    return [
      bytes >= LEAST_SECRET_BYTES ? 'ok' : 'fail',
      `${bytes} bytes, expected at least ${LEAST_SECRET_BYTES}`,
    ];
  }
  if (name === 'KLL_CORS_ORIGINS') {
    const wrong = namesOf(value).filter((one) => !isOrigin(one));
    return wrong.length === 0 ? ['ok', value] : ['fail', `${wrong.map(quoted).join(', ')}: no origin`];
  }
  if (name === 'KLL_SERVER_LABELS') {
    return among(SERVER_LABELS, namesOf(value), value);
  }
  if (name === 'KLL_TELEMETRY_EVENTS') return among(EVENT_LEVELS, [value], value);
  if (TEXTS.includes(name)) return ['ok', value];
  return ['warn', 'is read by nothing: is it misspelled?'];
}

/** What a token says of itself; its signature is for the edge to check. It is never shown. */
export function judgeToken(token: string, now: number): [Finding['verdict'], string] {
  let claims: { tenant?: unknown; scopes?: unknown; scope?: unknown; exp?: unknown };
  try {
    const parts = token.split('.');
    if (parts.length !== 3) throw new Error();
    claims = JSON.parse(Buffer.from(parts[1], 'base64url').toString('utf8'));
  } catch {
    return ['fail', 'is no signed token'];
  }
  const { tenant, scopes, scope, exp } = claims;
  const named = Array.isArray(scopes) ? scopes.join(' ') : String(scope ?? 'no scope');
  const about = `tenant ${String(tenant)}, ${named}`;
  if (typeof exp !== 'number') return ['ok', `${about}, without an end`];
  const ends = new Date(exp * 1000).toISOString();
  return exp * 1000 > now ? ['ok', `${about}, until ${ends}`] : ['fail', `${about}, ended ${ends}`];
}

/** Names in a list, by commas or spaces. */
const namesOf = (list: string) => list.split(/[\s,]+/).filter((name) => name !== '');

function among(
  known: readonly string[],
  names: readonly string[],
  value: string,
): [Finding['verdict'], string] {
  const wrong = names.filter((name) => !known.includes(name));
  if (wrong.length === 0) return ['ok', value];
  return ['fail', `${wrong.map(quoted).join(', ')}: expected ${known.join(', ')}`];
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

const quoted = (text: string) => JSON.stringify(text);
