/** Metrics read back from the Prometheus text exposition format. */
import { dataError } from '../exit.js';
import type { Selector } from './objectives.js';

export interface ScrapedSample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/;
const LABEL = /\s*([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"\s*(,|$)/y;

/**
 * @param text of a scrape
 * @param name where it came from, for errors
 * @throws CliError naming the first line that is no sample
 */
export function parseExposition(text: string, name: string): ScrapedSample[] {
  const samples: ScrapedSample[] = [];
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const found = SAMPLE.exec(line);
    const labels = found && labelsOf(found[2] ?? '');
    const value = found ? numberOf(found[3]) : undefined;
    if (!found || !labels || value === undefined) {
      throw dataError(
        `${name}:${i + 1}: expected a sample, found ${JSON.stringify(line.slice(0, 60))}`,
        'GET /metrics of the edge gives such a text.',
        'ERR_EXPOSITION',
      );
    }
    samples.push({ name: found[1], labels, value });
  }
  return samples;
}

function labelsOf(text: string): Record<string, string> | undefined {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const found = LABEL.exec(text);
    if (!found) return undefined;
    labels[found[1]] = found[2].replace(/\\(.)/g, (_, c) => (c === 'n' ? '\n' : c));
  }
  return labels;
}

function numberOf(text: string): number | undefined {
  if (/^[+-]?Inf$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  const value = Number(text);
  return Number.isNaN(value) && text !== 'NaN' ? undefined : value;
}

/** The samples a selector matches, as Prometheus' `=~` does: a missing label counts as ''. */
export function select(samples: readonly ScrapedSample[], { metric, labels }: Selector): ScrapedSample[] {
  const tests = Object.entries(labels).map(([label, text]) => [label, new RegExp(`^(?:${text})$`)] as const);
  return samples.filter(
    (one) => one.name === metric && tests.every(([label, pattern]) => pattern.test(one.labels[label] ?? '')),
  );
}
