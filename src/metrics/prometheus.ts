/** The Prometheus text exposition format, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats). */
import type { MetricFamily } from './registry.js';

/** The Content-Type under which the text is served. */
export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Writes metrics as text for a scrape.
 * @param families what `collect()` of a counting observer gives
 * @param constantLabels labels every sample carries, for instance the name of the service; names are checked
 * @returns lines that end in a line feed; a labelled metric without series is left out
 * @throws RangeError for a label name that the format does not allow or that a metric uses itself, with samples or without
 */
export function renderPrometheus(
  families: Iterable<MetricFamily>,
  constantLabels: Readonly<Record<string, string>> = {},
): string {
  for (const name of Object.keys(constantLabels)) {
    // Names that begin with __ are the server's own.
    if (/^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) continue;
    throw new RangeError('constantLabels: expected label names of letters, digits and _, found another');
  }
  let text = '';
  for (const { metric, samples } of families) {
    // Before there are samples, too: a clash shows at the first scrape, not at the first compaction.
    const own = metric.quantiles?.length ? [...(metric.labels ?? []), 'quantile'] : metric.labels;
    const taken = own?.find((label) => Object.hasOwn(constantLabels, label));
    if (taken) throw new RangeError(`constantLabels: ${metric.name} has a label ${taken} of its own`);
    if (samples.length === 0) continue;
    text += `# HELP ${metric.name} ${escapeHelp(metric.help)}\n# TYPE ${metric.name} ${metric.type}\n`;
    for (const { suffix, labels, value } of samples) {
      text += `${metric.name}${suffix}${renderLabels({ ...constantLabels, ...labels })} ${renderValue(value)}\n`;
    }
  }
  return text;
}

function renderLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabelValue(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeHelp(help: string): string {
  return help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
}

function escapeLabelValue(value: unknown): string {
  // Callers in JavaScript give numbers.
  return String(value).replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"');
}

function renderValue(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}
