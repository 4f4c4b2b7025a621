/** Tables of the recorded benchmarks, as Markdown. */
import type { TechniqueResult } from '../micro/technique.js';
import { limits, type ObserverReport } from '../support/observer-report.js';
import { comparisons, duration, MANY_BLOBS, type PeersReport, peerTables } from '../support/peers-report.js';
import type { OursReport } from '../support/recorded.js';
import { cellsOf, figure, markdownTable, TITLES } from '../support/report.js';

export function oursTables({ groups }: OursReport): string {
  return Object.values(groups)
    .map(
      ({ title, machine, results }) =>
        `### ${title}\n\nFor 1e6 lognormal values, floor ${figure(machine.floor)} ns and sort ${figure(machine.sort)} ns in the same process.\n\n${markdownTable(TITLES, results.map(cellsOf))}`,
    )
    .join('\n\n');
}

export function peersTables(report: PeersReport): string {
  return peerTables(report)
    .map(({ title, titles, rows }) => `### ${title}\n\n${markdownTable(titles, rows)}`)
    .join('\n\n');
}

export function comparisonTable(report: PeersReport): string {
  return markdownTable(
    ['operation', 'ours', 'compared with', 'times faster', 'target', 'verdict'],
    comparisons(report).map(({ kind, ours, peer, times, wanted, isMet }) => [
      kind,
      ours,
      peer,
      figure(times),
      String(wanted),
      isMet ? 'met' : 'not met',
    ]),
  );
}

export function techniqueTable(techniques: readonly TechniqueResult[]): string {
  const rows = techniques.flatMap(({ name, unit, variants }) =>
    variants.map((variant, i) => [
      i ? '' : name,
      variant.name,
      `${duration(variant.time.median)} / ${unit}`,
      i ? `${figure(variant.ratio.median)} x` : '',
      i ? figure(variant.ratio.iqr) : '',
    ]),
  );
  return markdownTable(['technique', 'variant', 'time', 'ratio', 'IQR'], rows);
}

/** A variant whose name says "and" does what the one before it does and a step more; others begin anew. */
export function pathTable({ unit, variants }: TechniqueResult): string {
  const whole = variants[variants.length - 1].time.median;
  const rows = variants.map(({ name, time, ratio }, i) => {
    const isNext = i > 0 && /\band /.test(name);
    const step = isNext ? Math.max(0, time.median - variants[i - 1].time.median) : time.median;
    return [
      name,
      figure(step),
      figure(time.median),
      figure(ratio.median),
      i || !variants.slice(1).some(({ name: other }) => !/\band /.test(other))
        ? `${Math.round((100 * step) / whole)} %`
        : '',
    ];
  });
  return markdownTable(['step', `ns per ${unit}`, 'up to here', 'x floor', 'share'], rows);
}

export function observerTable({ sides, rows }: ObserverReport): string {
  return markdownTable(
    ['', sides[0], ...sides.slice(1)],
    rows.map(({ name, unit, values, ratios }) => [
      name,
      `${figure(values[0].median)} ${unit}`,
      ...ratios.slice(1).map(({ median, iqr }) => `x ${median.toFixed(3)} (IQR ${iqr.toFixed(3)})`),
    ]),
  );
}

export function limitLines(report: ObserverReport): string {
  return limits(report)
    .map(
      ({ what, found, most, unit }) =>
        `- ${what}: ${figure(found)} ${unit}, at most ${most}: ${found <= most ? 'met' : 'not met'}`,
    )
    .join('\n');
}

/** The table of the README: nobody wins there by answering worse. */
export function readmeTable({ peers }: PeersReport): string {
  const [easy, hard] = ['lognormal', '1e6 + U(0, 1000)'];
  const rows = Object.entries(NAMES)
    .filter(([key]) => peers[key])
    .map(([key, name]) => {
      const { times, bytes, errors, bundle } = peers[key];
      const time = (kind: string) => (times[kind] ? duration(times[kind].median) : '-');
      const error = (stream: string) => {
        const found = errors[stream];
        return found ? `${Number(found.max.toPrecision(2))} %` : 'refused';
      };
      return [
        name,
        error(easy),
        error(hard),
        figure(bytes['latencies, 0.1 ms, n = 1e6']) || '-',
        time('add'),
        time('add and p99'),
        time(`${MANY_BLOBS}: latencies, 0.1 ms`),
        bundle === undefined ? '-' : `${(bundle / 1000).toFixed(1)} kB`,
      ];
    });
  return markdownTable(
    [
      'n = 1e6',
      `largest rank error, ${easy}`,
      hard,
      'bytes',
      'one add',
      'add and p99',
      '1000 blobs merged',
      'bundle, gzip',
    ],
    rows,
  );
}

const NAMES: Record<string, string> = {
  'kll-high': 'this sketch, k = 200',
  'kll-condensed': 'this sketch, k = 1024 sent at 200',
  apache: 'Apache KLL, k = 200, in TypeScript',
  ddsketch: 'DDSketch 1 % (@datadog/sketches-js)',
  'hdr-wasm': 'HDR, 3 digits (hdr-histogram-js, WASM)',
  tdigest: 't-digest (tdigest)',
};
