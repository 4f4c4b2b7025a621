/** What an ingest object has not handed over yet, as queries ask for it: outbox and pending batches, in order, page by page. */
import { bufferOf } from './array-buffer.js';
import { callBytes, MOST_CALL_BYTES } from './call-bytes.js';
import type { PendingAnswer, PendingPlace, PendingRow, Selection, TenantConfig } from './contract.js';
import type { Outbox } from './outbox.js';
import type { PendingBatches } from './pending.js';
import type { PendingGroups } from './pending-groups.js';
import { comparePlaces } from './pending-place.js';
import { seriesTest } from './selection.js';

interface Holdings {
  outbox: Outbox;
  pending: PendingBatches;
  groups: PendingGroups;
}

/**
 * @param after a page of so many rows behind it as go into one call; absent: all of them
 * @param most bytes of that page
 */
export function waitingRows(
  holdings: Holdings,
  selection: Selection,
  config: TenantConfig,
  after?: PendingPlace,
  most = MOST_CALL_BYTES,
): Pick<PendingAnswer, 'rows' | 'next'> {
  const rows: PendingRow[] = [];
  let bytes = 0;
  for (const row of inOrder(holdings, selection, config, after)) {
    bytes += callBytes(row);
    const last = rows[rows.length - 1];
    // Rows of one place stay together: the next page begins behind it.
    if (after && last && bytes > most && comparePlaces(last, row) !== 0) {
      return { rows, next: { sequence: last.sequence, start: last.start, key: last.key } };
    }
    rows.push(row);
  }
  return { rows };
}

function* inOrder(
  { outbox, pending, groups }: Holdings,
  selection: Selection,
  config: TenantConfig,
  after?: PendingPlace,
): Generator<PendingRow> {
  const { from, to } = selection;
  const isSelected = seriesTest(selection);
  yield* outbox.rowsBetween(from, to, after, isSelected);
  const unsealed = pending.unsealedSequences();
  groups.keepOnly(unsealed.map(({ sequence }) => sequence));
  for (const { sequence, ringVersion } of unsealed) {
    if (after && sequence < after.sequence) continue;
    const isWanted = (key: string, start: number) =>
      start >= from &&
      start < to &&
      (!after || comparePlaces({ sequence, start, key }, after) > 0) &&
      isSelected(key);
    const rows = groups.rowsOf(sequence, config, isWanted).map(({ key, start, image }): PendingRow => {
      return { sequence, ringVersion, key, start, image: bufferOf(image) };
    });
    yield* rows.sort(comparePlaces);
  }
}
