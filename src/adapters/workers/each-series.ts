/** Grouping every series by itself: as many groups as series, so these are counted first. */
import { DAY, LEVEL_MS } from './buckets.js';
import type { PendingAnswer, Selection, TenantConfig } from './contract.js';
import type { EdgeEnv } from './env.js';
import { seriesTest } from './selection.js';
import { seriesAfter } from './series-list.js';

/** Series that are grouped each by itself. */
export const MOST_SERIES = 1000;

/** Series that are looked through at once: of a name there may be many more than are selected. */
const PAGE = 1000;

/**
 * @param pending what ingest objects still hold, read before: a series that is not in it was handed over by now
 * @returns whether more series are selected than are grouped each by itself
 */
export async function hasTooManySeries(
  env: EdgeEnv,
  config: TenantConfig,
  selection: Selection,
  pending: readonly (PendingAnswer | undefined)[],
): Promise<boolean> {
  const { name, from, to } = selection;
  const isSelected = seriesTest(selection);
  const wanted = new Set<string>();
  for (const answer of pending)
    for (const { key } of answer?.rows ?? []) if (isSelected(key)) wanted.add(key);
  for (let after: string | undefined; ; ) {
    const page = await seriesAfter(env, config, { name, limit: PAGE, ...(after ? { after } : {}) });
    for (const { key, first, last } of page) {
      // The last bucket that is kept may be a whole day.
      if (first < to && last + LEVEL_MS[DAY] > from && isSelected(key)) wanted.add(key);
    }
    if (wanted.size > MOST_SERIES) return true;
    if (page.length < PAGE) return false;
    after = page[page.length - 1].key;
  }
}
