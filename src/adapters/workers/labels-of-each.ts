/** Grouping every series by itself: by all labels that any of them has. */
import type { PendingAnswer, Selection, TenantConfig } from './contract.js';
import type { EdgeEnv } from './env.js';
import { seriesTest } from './selection.js';
import { parseSeriesKey } from './series-key.js';
import { seriesAfter } from './series-list.js';

/** Series of a name that are looked through for their labels. */
export const MOST_SERIES = 1000;

/**
 * @param pending what ingest objects still hold, read before: a series that is not in it was handed over by now
 * @returns labels to group by; undefined when the name has more series than are looked through
 */
export async function labelsOfEach(
  env: EdgeEnv,
  config: TenantConfig,
  selection: Selection,
  pending: readonly (PendingAnswer | undefined)[],
): Promise<string[] | undefined> {
  const known = await seriesAfter(env, config, { name: selection.name, limit: MOST_SERIES + 1 });
  const keys = new Set(known.map(({ key }) => key));
  for (const answer of pending) for (const { key } of answer?.rows ?? []) keys.add(key);
  if (keys.size > MOST_SERIES) return undefined;
  const wanted = [...keys].filter(seriesTest(selection));
  return [...new Set(wanted.flatMap((key) => Object.keys(parseSeriesKey(key).labels)))].sort();
}
