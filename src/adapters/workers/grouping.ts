/** The labels that a query groups by. */
import { parseSeriesKey } from './series-key.js';

export type GroupLabels = [label: string, value: string][];

/** @param by labels; a series without one has it as ''. Absent: all series are one group. @returns pairs by label */
export function groupLabels(key: string, by: readonly string[] = []): GroupLabels {
  if (by.length === 0) return [];
  const { labels } = parseSeriesKey(key);
  return [...new Set(by)].sort().map((label) => [label, Object.hasOwn(labels, label) ? labels[label] : '']);
}
