/** What the edge holds and what waits there, and what this page sends to it. */
import type { Collector } from '../adapters/browser/collector.js';
import { type Edge, EdgeError } from './api.js';
import { byId, card } from './elements.js';
import { count, duration, figure } from './format.js';

/** From the edge's own metrics, which administrators may see. */
export async function showHoldings(edge: Edge, isCurrent: () => boolean): Promise<void> {
  const section = byId('inside-section');
  let metrics: Map<string, number>;
  try {
    metrics = await edge.metrics();
  } catch (error) {
    if (!(error instanceof EdgeError && (error.status === 401 || error.status === 403))) throw error;
    if (!isCurrent()) return;
    section.hidden = true;
    return;
  }
  if (!isCurrent()) return;
  section.hidden = false;
  const of = (name: string) => metrics.get(name) ?? 0;
  const batches = of('kll_edge_stored_batches_total');
  const values = of('kll_edge_stored_values_total');
  const bytes = of('kll_edge_stored_bytes_total');
  const waiting = of('kll_edge_pending_batches');
  const pending = `${figure(of('kll_edge_pending_bytes'))} B`;
  const oldest = `oldest ${duration(1000 * of('kll_edge_oldest_pending_seconds'))}`;
  byId('inside').replaceChildren(
    card(count(values), 'values taken'),
    card(count(batches), 'batches'),
    card(each(bytes, batches), 'bytes a batch'),
    card(each(bytes, values), 'bytes a value'),
    card(count(waiting), 'batches waiting', waiting === 0 ? [] : [pending, oldest]),
    card(count(of('kll_edge_series')), 'series'),
  );
}

/** From the page's own collector. */
export function showBeacons({ stats }: Collector): void {
  byId('beacons-section').hidden = false;
  byId('beacons').replaceChildren(
    card(stats.lastBytes ? `${count(stats.lastBytes)} B` : '-', 'newest beacon'),
    card(each(stats.bytes, stats.values), 'bytes a value'),
    card(count(stats.values), 'values measured', `${count(stats.series)} series`),
    card(count(stats.queued), 'batches queued'),
    card(count(stats.acknowledged), 'batches acknowledged', `${count(stats.refused)} refused`),
  );
}

function each(bytes: number, things: number): string {
  return things > 0 ? `${figure(bytes / things)} B` : '-';
}
