/** Where values come from by themselves: each source is opt-in, and does nothing where the browser lacks what it needs. */
import type { Labels } from '../labels.js';
import type { OutgoingSeries } from '../series.js';

/** What a source hands its values to. */
export interface SourceTarget {
  record(name: string, value: number, labels?: Labels): void;
  /** Has `take` asked, at each send, for series to go along. Their labels are sent as they are. */
  extra(take: (now: number) => OutgoingSeries[]): void;
  /** The labels that values get at a URL, not cleaned yet. */
  labelsAt(url: string): Labels;
  /** As they may leave the page. */
  clean(labels: Labels): Labels;
  /** What a function of the page gives; nothing when it throws, which `onError` is told. */
  guard<T>(call: () => T): T | undefined;
  /** Absolute; its own requests are not measured. */
  endpoint: string;
}

/** Begins, and gives back what ends it. */
export type Source = (target: SourceTarget) => () => void;

/**
 * Watches performance entries of a type, those before included; of a prerendered page from when it is shown, for many never are.
 * @returns what ends it
 */
export function observe<T extends PerformanceEntry>(type: string, onEntry: (entry: T) => void): () => void {
  if (!globalThis.PerformanceObserver?.supportedEntryTypes?.includes(type)) return () => {};
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) onEntry(entry as T);
  });
  const begin = () => observer.observe({ type, buffered: true });
  if (!(document as { prerendering?: boolean }).prerendering) begin();
  else document.addEventListener('prerenderingchange', begin, { once: true });
  return () => {
    document.removeEventListener('prerenderingchange', begin);
    observer.disconnect();
  };
}
