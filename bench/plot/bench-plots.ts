/** The plots docs/plots/bench-*.svg. */
import { duration, MANY_BLOBS, type PeersReport } from '../support/peers-report.js';
import type { MicroReport, OursReport, Recorded } from '../support/recorded.js';
import { figure } from '../support/report.js';
import { type Bars, barsSvg } from './bars.js';
import { plotSvg } from './svg.js';

/** The fastest first. */
function peerBars({ peers }: PeersReport, kind: string, title: string): Bars {
  const rows = Object.entries(peers).filter(([, { times }]) => times[kind]);
  rows.sort(([, a], [, b]) => a.times[kind].median - b.times[kind].median);
  return {
    title,
    from: 'anywhere',
    label: 'time, logarithmic',
    tick: duration,
    bars: rows.map(([key, { name, times }]) => ({
      name: shortened(name),
      value: times[kind].median,
      text: duration(times[kind].median),
      isOurs: key.startsWith('kll-'),
    })),
  };
}

/** What stands left of a bar has little room. */
function shortened(name: string): string {
  return name
    .replace(/ sdk-metrics [\d.]+ exponential/, ' exponential')
    .replace(/^Node [\d.]+ /, 'Node ')
    .replace(/ \d+\.\d+\.\d+/, '');
}

function byN({ groups }: OursReport): string {
  const points = (group: string, of: 'value' | 'floor' | 'sort') =>
    groups[group].results.flatMap(({ name, [of]: value }): [number, number][] => {
      const n = /^n = (1e\d+)$/.exec(name);
      return n && value !== undefined ? [[Number(n[1]), value]] : [];
    });
  return plotSvg({
    title: 'extend(Float64Array) of lognormal values',
    x: { label: 'n', log: true },
    y: { label: 'ns a value', log: true },
    series: [
      { name: 'Float64Array.sort', points: points('extend-200-none', 'sort') },
      { name: 'k = 1024, tails none', points: points('extend-1024-none', 'value') },
      { name: 'k = 200, tails high', points: points('extend-200-high', 'value') },
      { name: 'k = 200, tails none', points: points('extend-200-none', 'value') },
      { name: 'floor: copy and scan', points: points('extend-200-none', 'floor') },
    ],
  });
}

function byDistribution({ groups }: OursReport): Bars {
  const { results } = groups['distributions-200-none'];
  return {
    title: 'extend(Float64Array) by distribution, n = 1e6, k = 200, tails none',
    from: 0,
    label: 'ns a value',
    bars: results.map(({ name, value }) => ({ name, value, text: `${figure(value)} ns`, isOurs: true })),
  };
}

function techniques({ techniques }: MicroReport): Bars {
  return {
    title: 'Times slower without a technique of the kernel',
    from: 1,
    label: 'time without it, as a multiple of that with it, logarithmic',
    bars: techniques.map(({ name, variants }) => {
      // The last is the plainest of them.
      const { ratio } = variants[variants.length - 1];
      return {
        name: SHORTER[name] ?? name,
        value: ratio.median,
        text: `${figure(ratio.median)} x`,
        isOurs: true,
      };
    }),
  };
}

const SHORTER: Record<string, string> = {
  'merging from both ends, selecting addresses': 'merging from both ends',
  'cursor over a view that is kept': 'cursor over a kept view',
};

/** SVG by name. */
export function plotsOf({ ours, peers, micro }: Recorded): Record<string, string> {
  return {
    'bench-n': byN(ours),
    'bench-distributions': barsSvg(byDistribution(ours)),
    'bench-add': barsSvg(peerBars(peers, 'add', 'One add, lognormal values')),
    'bench-ask': barsSvg(peerBars(peers, 'add and p99', 'An add, and p99 after it')),
    'bench-blobs': barsSvg(
      peerBars(
        peers,
        `${MANY_BLOBS}: latencies, 0.1 ms`,
        'Decoding and merging 1000 blobs of 1000 latencies',
      ),
    ),
    'bench-techniques': barsSvg(techniques(micro)),
  };
}
