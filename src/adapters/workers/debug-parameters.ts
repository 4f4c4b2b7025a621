/** Which series a person looks into, and how much of it. */
import { RESOLUTION_MS, type Resolution } from './contract.js';
import type { QueryLimits } from './limits.js';
import { refuse } from './problem.js';
import { integer, matchersOf, parameters, rangeOf, text } from './query-parameters.js';
import { isSeriesKey, seriesKey } from './series-key.js';

const STANDARD_DEBUGGED = 20;
const MOST_DEBUGGED = 500;

/** Of /v1/admin/series/debug: one series, by its key or by its name and all its labels. */
export function debugParameters(url: URL, limits: QueryLimits) {
  const given = parameters(url, ['key', 'name', 'match', 'resolution', 'from', 'to', 'last', 'limit']);
  const resolution = given.get('resolution') as Resolution | undefined;
  if (resolution !== undefined && !Object.hasOwn(RESOLUTION_MS, resolution)) {
    refuse(400, 'ERR_PARAMETER', `resolution: expected one of ${Object.keys(RESOLUTION_MS).join(', ')}`);
  }
  return {
    key: keyOf(given, limits),
    ...(resolution ? { resolution } : {}),
    ...rangeOf(given),
    limit: integer(given.get('limit'), 'limit', 1, MOST_DEBUGGED) ?? STANDARD_DEBUGGED,
  };
}

function keyOf(given: ReadonlyMap<string, string>, limits: QueryLimits): string {
  const key = given.get('key');
  const name = given.get('name');
  if ((key === undefined) === (name === undefined)) {
    refuse(400, 'ERR_PARAMETER', 'expected either key, or name with match');
  }
  if (name !== undefined) {
    text(name, 'name', 1);
    const matchers = matchersOf(given.get('match'), limits);
    const labels = matchers.map((one): [string, string] =>
      one.op === '='
        ? [one.label, one.value]
        : refuse(400, 'ERR_PARAMETER', 'match: expected all labels of the series, each with ='),
    );
    return seriesKey(name, Object.fromEntries(labels));
  }
  if (isSeriesKey(key!)) return key!;
  return refuse(400, 'ERR_PARAMETER', 'key: expected ["name",["label","value"],...], labels in order');
}
