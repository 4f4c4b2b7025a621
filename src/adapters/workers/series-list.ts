/** The series of a tenant over all its objects, in one order, from any of them on. */
import { fromBase64Url, toBase64Url } from '../../wire/base64url.js';
import type { SeriesRow, TenantConfig } from './contract.js';
import type { EdgeEnv } from './env.js';
import { inTurns, within } from './fan-out.js';
import { fail, refuse } from './problem.js';
import { objectNames } from './series-key.js';

/** A series, and the object that it was found in. */
export interface ListedSeries extends SeriesRow {
  slot: number;
}

/** Characters of a cursor that is a key: many of a URL are for other things, and a key may have any number. */
const LONGEST_CURSOR = 2048;
/** Cursors: a key as base64url, as long as those of releases before were; or where a longer one stands. */
export const CURSOR_FORM = /^(?:[\w-]{1,8192}|\d{1,3}\.\d{1,15})$/;

/** The next `limit` series in order of their keys: each object's next ones hold all of them. */
export async function seriesAfter(
  env: EdgeEnv,
  { tenant, rings }: TenantConfig,
  { name, after, limit }: { name?: string; after?: string; limit: number },
): Promise<ListedSeries[]> {
  const ask = { ...(name === undefined ? {} : { name }), ...(after === undefined ? {} : { after }), limit };
  const lists = await inTurns(objectNames('series', tenant, rings), (object) =>
    listOf(env, object, ask),
  ).catch(fail);
  // A series whose owner changed with a ring lies in two objects.
  const rows = new Map<string, ListedSeries>();
  for (const [slot, list] of lists.entries()) {
    for (const row of list) {
      const known = rows.get(row.key);
      rows.set(row.key, known ? together(known, row) : { ...row, slot });
    }
  }
  return [...rows.values()].sort((a, b) => compareUtf8(a.key, b.key)).slice(0, limit);
}

/** The next ones of one object, by as many calls as their keys need. */
async function listOf(
  env: EdgeEnv,
  object: string,
  ask: { name?: string; after?: string; limit: number },
): Promise<SeriesRow[]> {
  const rows: SeriesRow[] = [];
  for (;;) {
    const { key: after = ask.after } = rows[rows.length - 1] ?? {};
    const call = { ...ask, ...(after === undefined ? {} : { after }), limit: ask.limit - rows.length };
    const { series, more } = await within(env.SERIES.getByName(object).list(call), object);
    rows.push(...series);
    if (!more) return rows;
  }
}

function together(known: ListedSeries, { n, first, last }: SeriesRow): ListedSeries {
  return {
    ...known,
    n: known.n + n,
    first: Math.min(known.first, first),
    last: Math.max(known.last, last),
  };
}

/** Where the list goes on behind a series: its key, or its place where the key is too long for a URL. */
export function cursorBehind({ key, slot, id }: ListedSeries): string {
  const text = toBase64Url(new TextEncoder().encode(key));
  return text.length <= LONGEST_CURSOR || id === undefined ? text : `${slot}.${id}`;
}

/**
 * The key that a cursor stands for. A place never names another series: it is refused when its own is gone.
 * @param cursor of CURSOR_FORM
 */
export async function keyOfCursor(env: EdgeEnv, config: TenantConfig, cursor: string): Promise<string> {
  if (!cursor.includes('.')) return keyOfText(cursor);
  const [slot, id] = cursor.split('.').map(Number);
  const object = objectNames('series', config.tenant, config.rings)[slot];
  const found = object === undefined ? {} : await seriesKeyOf(env, object, id).catch(fail);
  if (found.key !== undefined) return found.key;
  return refuse(400, 'ERR_PARAMETER', 'after: the series it goes on from is gone; begin from the first page');
}

async function seriesKeyOf(env: EdgeEnv, object: string, id: number): Promise<{ key?: string }> {
  return await within(env.SERIES.getByName(object).seriesKey(id), object);
}

function keyOfText(text: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(fromBase64Url(text));
  } catch {
    return refuse(400, 'ERR_PARAMETER', 'after: expected `next` of the page before');
  }
}

/** The order in which SQLite has texts: that of their UTF-8 bytes, which is that of code points. */
function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (a.charCodeAt(i) === b.charCodeAt(i)) continue;
    return a.codePointAt(i)! - b.codePointAt(i)!;
  }
  return a.length - b.length;
}
