/** The labels that a query groups by. */
import { parseSeriesKey } from './series-key.js';

export type GroupLabels = [label: string, value: string][];

/**
 * @param by labels; a series without one has it as ''. 'each': every series by itself, under its own labels alone, for
 *   those of all series together may be very many. Absent: all series are one group.
 * @returns pairs by label
 */
export function groupLabels(key: string, by: readonly string[] | 'each' = []): GroupLabels {
  if (by.length === 0) return [];
  const { labels } = parseSeriesKey(key);
  const names = by === 'each' ? Object.keys(labels) : [...new Set(by)];
  return names.sort().map((label) => [label, Object.hasOwn(labels, label) ? labels[label] : '']);
}
