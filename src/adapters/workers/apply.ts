/** Applying: what an ingest object hands over goes into buckets, each sequence once. */
import { KllSketch } from '../../sketch/sketch.js';
import { type BucketPlace, MINUTE } from './buckets.js';
import type { ApplyAnswer, ApplyCall, ApplyPartCall, HandOverRow } from './contract.js';
import { codeOf } from './error-code.js';
import { newestRing } from './rings.js';
import { heed } from './series-settings.js';
import type { SeriesStore } from './series-store.js';
import { capOf, type SeriesCap } from './series-table.js';

export function apply(store: SeriesStore, call: ApplyCall, now: number): ApplyAnswer {
  return applyRows(store, call, call.rows, now);
}

/** The last part of a sequence applies all of it; nobody sees anything of it before. */
export function applyPart(store: SeriesStore, call: ApplyPartCall, now: number): ApplyAnswer {
  const last = store.state.appliedOf(call.sender);
  if (call.sequence <= last) return apply(store, call, now);
  if (call.first + call.rows.length < call.of) {
    store.transaction(() => store.parts.keep(call));
    return answer(store, last);
  }
  // Some are gone, with a reset: the sender begins with the first again.
  if (!store.parts.hasAllBefore(call)) return answer(store, last);
  return applyRows(store, call, store.parts.upTo(call), now);
}

/** One transaction: all rows and that they were applied, or nothing. @param rows of the whole sequence */
function applyRows(
  store: SeriesStore,
  { config, sender, sequence }: Omit<ApplyCall, 'rows'>,
  rows: Iterable<HandOverRow>,
  now: number,
): ApplyAnswer {
  const last = store.state.appliedOf(sender);
  if (sequence <= last) {
    store.transaction(() => store.counters.repeated());
    return answer(store, last);
  }
  const began = performance.now();
  store.transaction(() => {
    heed(store, config, now);
    const counts = { rows: 0, values: 0, late: 0, others: 0 };
    const cap = capOf(config.maxSeries, newestRing(config.rings).series);
    for (const row of rows) {
      const { n, isOther } = applyRow(store, row, cap, now);
      counts.rows++;
      counts.values += n;
      if (isOther) counts.others++;
      if (row.start + 60_000 + config.graceMs <= now) counts.late++;
    }
    store.state.setApplied(sender, sequence);
    store.parts.forget(sender, sequence);
    store.counters.applied({ ...counts, seconds: (performance.now() - began) / 1000 });
  });
  return answer(store, sequence);
}

function answer({ sql }: SeriesStore, applied: number): ApplyAnswer {
  return { applied, storageBytes: sql.databaseSize };
}

function applyRow(
  store: SeriesStore,
  { key, start, image }: HandOverRow,
  cap: SeriesCap,
  now: number,
): { n: number; isOther: boolean } {
  let sketch: KllSketch | undefined;
  let code = '';
  try {
    sketch = KllSketch.fromBytes(new Uint8Array(image));
  } catch (error) {
    code = codeOf(error);
    store.quarantine.add(`row of minute ${start} of ${key}`, code, new Uint8Array(image));
    store.counters.unreadable();
  }
  const n = sketch ? sketch.n : 0;
  const { id: series, isOther } = store.series.enter(key, n, start, cap);
  const place: BucketPlace = { series, level: MINUTE, start };
  const into = (at: BucketPlace) => (sketch ? store.add(at, sketch, now) : store.mark(at, 0, code));
  into(place);
  store.carryUp(place, now, into);
  return { n, isOther };
}
