/** PromQL, parsed with the grammar of Prometheus' own editor. */
import { parser } from '@prometheus-io/lezer-promql';
import type { Known } from './known.js';

/** What is wrong with an expression: where it does not parse, or which metrics nobody gives out. */
export function faultsOfExpression(
  expr: string,
  { metrics, recorded }: Pick<Known, 'metrics' | 'recorded'>,
): string[] {
  // Grafana puts a duration there; the grammar wants one.
  const text = expr.replaceAll('$__rate_interval', '5m');
  const faults: string[] = [];
  parser.parse(text).iterate({
    enter({ name, type, from, to }) {
      if (type.isError)
        faults.push(`does not parse at ${from}: ${text.slice(Math.max(0, from - 15), to + 15)}`);
      const word = text.slice(from, to);
      if (name === 'Identifier' && /^kll/.test(word) && !metrics.has(word) && !recorded.has(word)) {
        faults.push(`nobody gives out ${word}`);
      }
    },
  });
  return faults;
}
