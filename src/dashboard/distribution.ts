/** The distribution: its cumulative share with the sketch's bound, and the share of values in each interval. */
import type { Answer, Edge } from './api.js';
import { Chart } from './charts.js';
import { byId } from './elements.js';
import { figure, percent } from './format.js';
import type { Asked } from './question.js';

const POINTS = 60;
const BARS = 30;

export class Distribution {
  readonly cdf = new Chart(byId('cdf'));
  readonly pmf = new Chart(byId('pmf'));

  /** @param ends the same question's answer with p1 and p99.9, between which there is something to see */
  async ask(edge: Edge, asked: Asked, ends: Answer): Promise<void> {
    const low = ends.quantiles.find(({ q }) => q === 0.01)?.value ?? 0;
    const high = ends.quantiles.find(({ q }) => q === 0.999)?.value ?? 1;
    if (ends.n === 0 || !(high > low)) return;
    const logarithmic = low > 0 && high / low > 50;
    const between = (parts: number) =>
      Array.from({ length: parts + 1 }, (_, i) =>
        logarithmic ? low * (high / low) ** (i / parts) : low + ((high - low) * i) / parts,
      );
    const [curve, steps] = await Promise.all([
      edge.cdf(asked, between(POINTS)),
      edge.cdf(asked, between(BARS)),
    ]);
    this.cdf.show(
      curve.map(({ le }) => le),
      [
        { label: 'share', values: curve.map(({ share }) => share) },
        { label: 'bound, upper', values: curve.map(({ upper }) => upper), edge: true, colour: 0 },
        { label: 'bound, lower', values: curve.map(({ lower }) => lower), edge: true, colour: 0 },
      ],
      {
        logarithmic,
        bands: [{ between: [1, 2], opacity: 0.3, colour: 0 }],
        format: percent,
        formatX: figure,
        description: `Share of values up to each value from ${figure(low)} to ${figure(high)}`,
      },
    );
    this.pmf.show(
      steps.slice(1).map(({ le }, i) => (logarithmic ? Math.sqrt(le * steps[i].le) : (le + steps[i].le) / 2)),
      [
        {
          label: 'share',
          values: steps.slice(1).map(({ share }, i) => (share ?? 0) - (steps[i].share ?? 0)),
          bars: true,
        },
      ],
      {
        logarithmic,
        format: percent,
        formatX: figure,
        description: `Histogram of ${BARS} intervals from ${figure(low)} to ${figure(high)}`,
      },
    );
  }
}
