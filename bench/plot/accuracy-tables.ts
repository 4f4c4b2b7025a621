/** Tables of what `bench:accuracy` measured, for the guides. */
import { cellsOf, TITLES } from '../accuracy/report.js';
import type { Results, Row } from '../accuracy/tally.js';

export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(titles), line(titles.map((_, i) => (i === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n');
}

/** Every scenario under its title; targets are the terminal's to tell. */
export function measured({ command, machine, seed, scenarios }: Results): string {
  const shown = <T>(cells: readonly T[]) => cells.slice(0, TITLES.indexOf('target'));
  const parts = Object.values(scenarios).map(
    ({ title, rows }) =>
      `### ${title}\n\n${table(
        shown(TITLES),
        rows.map((row) => shown(cellsOf(row))),
      )}`,
  );
  return [`\`${command}\`, seed ${seed}, ${machine}. Errors and bounds in % of n.`, ...parts].join('\n\n');
}

function rowOf({ scenarios }: Results, scenario: string, label: string): Row {
  const row = scenarios[scenario]?.rows.find((other) => other.label === label);
  if (!row) throw new Error(`docs/accuracy.json has no row "${label}" of ${scenario}`);
  return row;
}

/** A share in percent with two digits, as a guide says it. */
const rounded = (share: number) => (100 * share).toPrecision(2);

/** The first table of the README. */
export function headline(results: Results): string {
  const line = (name: string, { max99, sd, apacheBytes }: Row) => [
    name,
    `${rounded(max99)} %`,
    `${rounded(sd[2])} %`,
    `${rounded(sd[3])} %`,
    `${apacheBytes.toLocaleString('en')} bytes`,
  ];
  const strict = rowOf(results, 'streaming', 'n=1000000 k=200 high');
  return [
    table(
      [
        'n = 1e6, random order',
        'largest rank error, 99 of 100 trials',
        'p99, sd',
        'p99.9, sd',
        'Apache image',
      ],
      [
        line('Apache KLL cascade, k = 200', rowOf(results, 'streaming', 'n=1000000 Apache cascade k=200')),
        line('this sketch, k = 200', strict),
        line('this sketch, k = 1024 condensed to 200', rowOf(results, 'condensed', 'n=1000000 high')),
        line('the same, sharp tails (k = 1536)', rowOf(results, 'condensed', 'n=1000000 sharp high')),
      ],
    ),
    `${strict.trials} trials each, in one run of \`${results.command}\`.\nIn this library's own format, the copy condensed to 200 takes about ${Math.round(rowOf(results, 'compact', 'n=1000000 high').compactBytes / 10) * 10} bytes for latencies in tenths of a millisecond.`,
  ].join('\n\n');
}

/** What to choose for what, in choosing-k.md. */
export function choices(results: Results): string {
  const line = (want: string, k: string, send: string, scenario: string, label: string) => {
    const { max99, sd, apacheBytes } = rowOf(results, scenario, label);
    const bytes = apacheBytes / 1000;
    return [
      want,
      k,
      send,
      rounded(max99),
      rounded(sd[2]),
      rounded(sd[3]),
      `${bytes < 10 ? bytes.toFixed(1) : bytes.toFixed(0)} kB`,
    ];
  };
  const condensed = '`condense(200)`';
  return table(
    ['you want', 'working k', 'send', 'largest error', 'p99, sd', 'p99.9, sd', 'Apache image'],
    [
      line('the least memory', '200', 'as it is', 'streaming', 'n=1000000 k=200 high'),
      line('the least to send', '1024', condensed, 'condensed', 'n=1000000 high'),
      line('the body only', '1024, tails none', condensed, 'condensed', 'n=1000000 none'),
      line(
        'tails like a relative-error sketch',
        '1536',
        '`condense(200, { sharp: true })`',
        'condensed',
        'n=1000000 sharp high',
      ),
      line('both ends', '1024, tails both', condensed, 'condensed', 'n=1000000 both'),
      line('to keep, never to send', '1024', '', 'streaming', 'n=1000000 k=1024 high'),
    ],
  );
}
