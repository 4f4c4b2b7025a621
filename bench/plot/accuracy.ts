/**
 * npm run docs:accuracy: the plots docs/plots/accuracy-*.svg, and the tables between markers in docs/accuracy.md,
 * docs/choosing-k.md and README.md, from what `bench:accuracy` and `bench:curves` measured.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Curves } from '../accuracy/curves.js';
import { percent } from '../accuracy/report.js';
import type { Results } from '../accuracy/tally.js';
import { choices, headline, measured, table } from './accuracy-tables.js';
import { fill } from './fill.js';
import { type Axis, plotSvg } from './svg.js';

const docs = new URL('../../docs/', import.meta.url);
const read = (name: string) => JSON.parse(readFileSync(new URL(name, docs), 'utf8'));
const curves: Curves = read('accuracy-curves.json');
const results: Results = read('accuracy.json');

const MAX: Axis = { label: 'max99, % of n', log: true };
const PLOTS: Record<string, { title: string; x: Axis; y: Axis }> = {
  rank: {
    title: 'Error at one rank (k = 200, n = 1e6)',
    x: { label: 'share of values above, %', log: true, reversed: true },
    y: { label: 'root mean square error, % of n', log: true },
  },
  bytes: {
    title: 'Largest error against bytes (k = 50..400, n = 1e6)',
    x: { label: 'bytes as an Apache image of doubles', log: true },
    y: MAX,
  },
  n: { title: 'Largest error against n (k = 200)', x: { label: 'n', log: true }, y: { label: MAX.label } },
  hops: {
    title: 'Condensing to 200 at every hop (leaves of 1000 values)',
    x: { label: 'hops' },
    y: { label: MAX.label },
  },
};

mkdirSync(new URL('plots/', docs), { recursive: true });
for (const [name, series] of Object.entries(curves.plots)) {
  writeFileSync(new URL(`plots/accuracy-${name}.svg`, docs), plotSvg({ ...PLOTS[name], series }));
}

fill(new URL('accuracy.md', docs), '<!-- measured -->', '<!-- /measured -->', measured(results));
fill(new URL('../README.md', docs), '<!-- accuracy -->', '<!-- /accuracy -->', headline(results));
fill(new URL('choosing-k.md', docs), '<!-- choices -->', '<!-- /choices -->', choices(results));

const sizes = curves.sizes.map(({ k, working, direct, condensed, foreign }) =>
  [direct, condensed].map((row, i) => [
    i ? `${k} from ${working}` : String(k),
    String(row.latencyBytes),
    String(row.apacheBytes),
    percent(row.max99),
    ...row.sd.map((sd) => percent(sd)),
    `${Math.round(row.memory / 1000)} kB`,
    i ? percent(foreign) : '',
  ]),
);
fill(
  new URL('choosing-k.md', docs),
  '<!-- sizes -->',
  '<!-- /sizes -->',
  [
    `\`${curves.command}\`, seed ${curves.seed}, ${curves.trials} trials, n = 1e6, tails high. Errors in % of n.`,
    table(
      [
        'k',
        'compact bytes, 0.1 ms data',
        'Apache bytes',
        'max99',
        'p50',
        'p90',
        'p99',
        'p99.9',
        'memory',
        '60 merged elsewhere',
      ],
      sizes.flat(),
    ),
  ].join('\n\n'),
);
