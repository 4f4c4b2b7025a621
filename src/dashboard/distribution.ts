/** The distribution: its cumulative share with bound and interval, and the share of values in each interval. */
import type { KllSketch } from '../index.js';
import { type Band, Chart, type Line } from './charts.js';
import { type Curve, curveOf, points, sharesBetween, spanOf } from './curves.js';
import { byId } from './elements.js';
import { figure, percent } from './format.js';

const POINTS = 60;
const BARS = 30;

export class Distribution {
  readonly cdf = new Chart(byId('cdf'), 'the share of values up to each value');
  readonly pmf = new Chart(byId('pmf'), 'where the values lie');

  show(sketch: KllSketch): void {
    const span = spanOf(sketch);
    for (const id of ['cdf-section', 'pmf']) byId(id).hidden = !span;
    byId('pmf-note').textContent = noteOf(sketch, span !== undefined);
    if (!span) return;
    const { low, high, logarithmic } = span;
    const xs = points(span, POINTS);
    const { lines, bands } = cumulative([['share', curveOf(sketch, xs)]]);
    this.cdf.show(xs, lines, {
      xName: 'up to',
      logarithmic,
      bands,
      format: percent,
      formatX: figure,
      description: `Share of values up to each value from ${figure(low)} to ${figure(high)}`,
    });
    const ends = points(span, BARS);
    const shares = sharesBetween(sketch, ends);
    const middles = points(span, 2 * BARS).filter((_, i) => i % 2 === 1);
    this.pmf.show(middles, [{ label: 'share', values: shares, bars: true }], {
      xName: 'around',
      logarithmic,
      format: percent,
      formatX: figure,
      description: `Share of values in each of ${BARS} intervals from ${figure(low)} to ${figure(high)}`,
    });
  }
}

/** What the bars are, or why there are none. */
function noteOf(sketch: KllSketch, hasBars: boolean): string {
  if (sketch.isEmpty) return 'There are no values.';
  if (!hasBars) {
    const one = figure(sketch.quantile(0.5));
    return sketch.min === sketch.max ? `All values are ${one}.` : `Nearly all values are ${one}.`;
  }
  if (sketch.rankError() === 0) return 'Each bar is the exact share of these values.';
  return `Each bar is within ${percent(sketch.rankError({ pmf: true }))} of all values, the error of the sketch at 99 %.`;
}

/** Curves as lines, each with a band of the sketch's error within one of the sample's chance. */
export function cumulative(curves: [label: string, curve: Curve][]): { lines: Line[]; bands: Band[] } {
  const lines: Line[] = curves.map(([label, { share }], colour) => ({ label, values: share, colour }));
  const bands: Band[] = [];
  curves.forEach(([label, { interval, bound }], colour) => {
    const of = curves.length > 1 ? ` ${label}` : '';
    for (const [name, { upper, lower }, opacity] of [
      [`sample${of}`, interval, 0.16],
      [`sketch${of}`, bound, 0.3],
    ] as const) {
      bands.push({ name, between: [lines.length, lines.length + 1], opacity, colour });
      lines.push({ label: name, values: upper, edge: true }, { label: name, values: lower, edge: true });
    }
  });
  return { lines, bands };
}
