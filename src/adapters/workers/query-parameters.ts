/** What a query asks, read from its parameters. Names that are not known are refused: a typo must not widen an answer. */
import type { Matcher, Selection } from './contract.js';
import type { QueryLimits } from './limits.js';
import { refuse } from './problem.js';
import { CURSOR_FORM } from './series-list.js';

/** Behind every bucket: the last instant that dates have, a multiple of a day. */
const OPEN_END = 8.64e15;
const MINUTE_MS = 60_000;
const LONGEST_TEXT = 512;
const LONGEST_MATCH = 16_384;
const STANDARD_RANKS: readonly number[] = [0.5, 0.9, 0.99];
const STANDARD_POINTS = 20;
const STANDARD_PAGE = 100;

export interface QueryParameters {
  selection: Selection;
  by?: string[];
  asOf?: string;
  /** Of `last`, milliseconds. */
  last?: number;
  wholeBuckets: boolean;
  explain: boolean;
}

const SELECTING = ['name', 'match', 'from', 'to', 'last', 'asOf', 'wholeBuckets', 'explain'];

/** Parameters by name: each known, each at most once. */
export function parameters(url: URL, known: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    if (!known.includes(name)) {
      refuse(400, 'ERR_PARAMETER', `unknown parameter; expected some of ${known.join(', ')}`);
    }
    if (found.has(name)) refuse(400, 'ERR_PARAMETER', `${name} is given twice`);
    found.set(name, value);
  }
  return found;
}

/** Of /v1/quantiles. */
export function quantilesParameters(url: URL, limits: QueryLimits) {
  const given = parameters(url, [...SELECTING, 'by', 'q', 'le']);
  return {
    ...selecting(given, limits),
    ranks: numbers(given.get('q'), 'q', limits.maxQuantiles, isRank) ?? STANDARD_RANKS,
    thresholds: numbers(given.get('le'), 'le', limits.maxQuantiles) ?? [],
  };
}

/** Of /v1/cdf: shares below given values, or at values that the sketch chooses. */
export function cdfParameters(url: URL, limits: QueryLimits) {
  const given = parameters(url, [...SELECTING, 'by', 'le', 'points']);
  const thresholds = numbers(given.get('le'), 'le', limits.maxQuantiles);
  const points = integer(given.get('points'), 'points', 2, limits.maxQuantiles) ?? STANDARD_POINTS;
  return { ...selecting(given, limits), thresholds: thresholds?.sort((a, b) => a - b), points };
}

export const SKETCH_FORMATS = ['compact', 'apache-double', 'apache-float'] as const;
export type SketchFormat = (typeof SKETCH_FORMATS)[number];

/** Of /v1/sketch. */
export function sketchParameters(url: URL, limits: QueryLimits) {
  const given = parameters(url, [...SELECTING, 'format', 'k']);
  const format = (given.get('format') ?? 'compact') as SketchFormat;
  if (!SKETCH_FORMATS.includes(format)) {
    refuse(400, 'ERR_PARAMETER', `format: expected one of ${SKETCH_FORMATS.join(', ')}`);
  }
  return { ...selecting(given, limits), format, k: integer(given.get('k'), 'k', 8, 4096) };
}

/** Of /v1/series. */
export function seriesParameters(url: URL, limits: QueryLimits) {
  const given = parameters(url, ['name', 'match', 'after', 'limit']);
  const after = given.get('after');
  if (after !== undefined && !CURSOR_FORM.test(after)) {
    refuse(400, 'ERR_PARAMETER', 'after: expected `next` of the page before');
  }
  const name = given.get('name');
  if (name !== undefined) text(name, 'name', 1);
  return {
    name,
    matchers: matchersOf(given.get('match'), limits),
    after,
    limit: integer(given.get('limit'), 'limit', 1, limits.maxPage) ?? STANDARD_PAGE,
  };
}

/** Of /metrics/series: `match` may stand there many times, each with the name of a metric before its braces. */
export function exportParameters(url: URL, limits: QueryLimits) {
  for (const name of url.searchParams.keys()) {
    if (!['match', 'q', 'from', 'to', 'last'].includes(name)) {
      refuse(400, 'ERR_PARAMETER', 'unknown parameter; expected some of match, q, from, to, last');
    }
  }
  const matches = url.searchParams.getAll('match');
  if (matches.length === 0 || matches.length > limits.maxMatchers) {
    refuse(400, 'ERR_PARAMETER', `match: expected 1..${limits.maxMatchers} of them`);
  }
  const given = new Map(url.searchParams);
  const range = rangeOf(given);
  const last = lastOf(given);
  const q = url.searchParams.get('q') ?? undefined;
  return {
    selections: matches.map((match): Selection => {
      const brace = match.indexOf('{');
      const name = (brace < 0 ? match : match.slice(0, brace)).trim();
      text(name, 'match: the name', 1);
      return { name, matchers: matchersOf(brace < 0 ? undefined : match.slice(brace), limits), ...range };
    }),
    ...(last === undefined ? {} : { last }),
    ranks: numbers(q, 'q', limits.maxQuantiles, isRank) ?? STANDARD_RANKS,
  };
}

function selecting(given: ReadonlyMap<string, string>, limits: QueryLimits): QueryParameters {
  const name = given.get('name');
  if (name === undefined) refuse(400, 'ERR_PARAMETER', 'name: expected the name of a series');
  text(name, 'name', 1);
  const selection = { name, matchers: matchersOf(given.get('match'), limits), ...rangeOf(given) };
  const by = given
    .get('by')
    ?.split(',')
    .map((label) => text(label.trim(), 'by', 1));
  if (by && (by.length > limits.maxBy || new Set(by).size < by.length)) {
    refuse(400, 'ERR_PARAMETER', `by: expected at most ${limits.maxBy} different labels`);
  }
  const asOf = given.get('asOf');
  if (asOf !== undefined) text(asOf, 'asOf', 1);
  const last = lastOf(given);
  return {
    selection,
    ...(by ? { by } : {}),
    ...(asOf === undefined ? {} : { asOf }),
    ...(last === undefined ? {} : { last }),
    wholeBuckets: flag(given, 'wholeBuckets'),
    explain: flag(given, 'explain'),
  };
}

export function flag(given: ReadonlyMap<string, string>, name: string): boolean {
  const value = given.get(name) ?? '0';
  if (!['0', '1', 'true', 'false'].includes(value)) refuse(400, 'ERR_PARAMETER', `${name}: expected 0 or 1`);
  return value === '1' || value === 'true';
}

/** [from, to) in whole minutes around what was asked. */
export function rangeOf(given: ReadonlyMap<string, string>): { from: number; to: number } {
  const last = lastOf(given);
  if (last !== undefined) {
    if (given.has('from') || given.has('to')) {
      refuse(400, 'ERR_PARAMETER', 'last: expected without from and to');
    }
    const since = Math.max(0, Date.now() - last);
    return { from: Math.floor(since / MINUTE_MS) * MINUTE_MS, to: OPEN_END };
  }
  const from = Math.floor((timeOf(given.get('from'), 'from') ?? 0) / MINUTE_MS) * MINUTE_MS;
  const to = Math.ceil((timeOf(given.get('to'), 'to') ?? OPEN_END) / MINUTE_MS) * MINUTE_MS;
  if (from >= to) refuse(400, 'ERR_PARAMETER', 'from: expected a time before to');
  return { from, to };
}

/** How long ago it begins, milliseconds, where it ends with the clock. */
function lastOf(given: ReadonlyMap<string, string>): number | undefined {
  const last = given.get('last');
  return last === undefined ? undefined : durationOf(last, 'last');
}

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: MINUTE_MS,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** A whole number and its unit, as Prometheus writes them. @returns milliseconds */
function durationOf(given: string, name: string): number {
  const [, count, unit] = /^([1-9]\d{0,6})([smhdw])$/.exec(given) ?? [];
  if (!unit) refuse(400, 'ERR_PARAMETER', `${name}: expected a duration, for example 90s, 15m, 1h, 7d`);
  return Number(count) * UNIT_MS[unit];
}

/** RFC 3339 with its offset, or epoch milliseconds. */
function timeOf(given: string | undefined, name: string): number | undefined {
  if (given === undefined) return undefined;
  // A plus sign that was not escaped arrives as a space.
  const isDate = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+ -]\d\d:\d\d)$/i.test(given);
  const ms =
    isDate && isCalendarDay(given.slice(0, 10))
      ? Date.parse(given.replace(' ', '+'))
      : /^\d{1,16}$/.test(given)
        ? Number(given)
        : Number.NaN;
  if (!(ms >= 0 && ms <= OPEN_END)) {
    refuse(400, 'ERR_PARAMETER', `${name}: expected RFC 3339 with an offset, or epoch milliseconds`);
  }
  return ms;
}

/** Whether a day, as 2026-02-28, is one of the calendar: 30 February is read as 2 March elsewhere. */
export function isCalendarDay(day: string): boolean {
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day)?.map(Number) ?? [];
  return month >= 1 && month <= 12 && date >= 1 && date <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

const isRank = (value: number) => value >= 0 && value <= 1;

function numbers(
  given: string | undefined,
  name: string,
  most: number,
  isGood: (value: number) => boolean = Number.isFinite,
): number[] | undefined {
  if (given === undefined) return undefined;
  const parts = given.split(',', most + 1);
  if (parts.length > most) refuse(400, 'ERR_PARAMETER', `${name}: expected at most ${most} numbers`);
  return parts.map((part) => {
    // The form first: Number('') is 0, and Number('0x10') 16.
    const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(part.trim()) ? Number(part) : Number.NaN;
    if (!isGood(value) || Number.isNaN(value)) {
      refuse(
        400,
        'ERR_PARAMETER',
        `${name}: expected numbers${isGood === isRank ? ' of 0..1' : ''}, by commas`,
      );
    }
    return value;
  });
}

export function integer(
  given: string | undefined,
  name: string,
  least: number,
  most: number,
): number | undefined {
  if (given === undefined) return undefined;
  const value = /^\d{1,9}$/.test(given) ? Number(given) : -1;
  if (value < least || value > most) {
    refuse(400, 'ERR_PARAMETER', `${name}: expected an integer from ${least} to ${most}`);
  }
  return value;
}

export function text(value: string, name: string, least: number): string {
  if (value.length < least || value.length > LONGEST_TEXT) {
    refuse(400, 'ERR_PARAMETER', `${name}: expected ${least}..${LONGEST_TEXT} characters`);
  }
  return value;
}

/**
 * One matcher at the place where the last one ended: label, operator, text in quotes with \" and \\. A label with signs of the
 * syntax stands in quotes as well, as in Prometheus.
 */
const MATCHER =
  /\s*(?:([^\s=!~{},"]{1,512})|"((?:[^"\\]|\\["\\n]){1,1024})")\s*(=~|!=|=)\s*"((?:[^"\\]|\\["\\n])*)"\s*/y;
const unquoted = (quoted: string) =>
  quoted.replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped));

/** `{route="/a",device!="bot",country=~"DE|A*"}`; the braces may be missing. */
export function matchersOf(given: string | undefined, limits: QueryLimits): Matcher[] {
  const bad = (what: string): never => refuse(400, 'ERR_PARAMETER', `match: ${what}`);
  const trimmed = (given ?? '').trim();
  if (trimmed.length > LONGEST_MATCH) bad(`expected at most ${LONGEST_MATCH} characters`);
  const opens = trimmed.startsWith('{');
  if (opens !== trimmed.endsWith('}')) bad('expected braces at both ends, or none');
  const list = opens ? trimmed.slice(1, -1) : trimmed;
  const matchers: Matcher[] = [];
  let at = 0;
  while (list.slice(at).trim() !== '') {
    MATCHER.lastIndex = at;
    const found = MATCHER.exec(list);
    if (!found) return bad('expected label="value", with =, != or =~, by commas');
    at = MATCHER.lastIndex;
    const [, plain, quotedLabel, op, quoted] = found;
    const label = plain ?? unquoted(quotedLabel);
    const value = unquoted(quoted);
    if (value.length > LONGEST_TEXT && op !== '=~')
      bad(`expected values of at most ${LONGEST_TEXT} characters`);
    if (op === '=~') {
      const alternatives = value.split('|');
      if (
        alternatives.length > limits.maxAlternatives ||
        alternatives.some((one) => one.length > LONGEST_TEXT)
      ) {
        bad(`expected at most ${limits.maxAlternatives} alternatives of ${LONGEST_TEXT} characters`);
      }
      matchers.push({ label, op, alternatives });
    } else {
      matchers.push({ label, op: op as '=' | '!=', value });
    }
    if (matchers.length > limits.maxMatchers) bad(`expected at most ${limits.maxMatchers} matchers`);
    if (at < list.length) {
      if (list[at] !== ',') bad('expected a comma between matchers');
      at++;
    }
  }
  return matchers;
}
