/** What an edge answers of a metric, against what it should, or did before. */
import { KllSketch } from '../../index.js';
import type { BatchSeries } from '../../sketch/batch.js';

/** Ranks that are asked for. */
export const RANKS = [0.01, 0.5, 0.9, 0.99] as const;
/** Sums are added in another order. */
const SUM_TOLERANCE = 1e-9;
/** Of what is expected: its own error is to be below that of the edge. */
const EXPECTED_K = 4096;

/** As `/v1/quantiles` has it; JSON has no NaN. */
export interface MetricAnswer {
  n: number;
  sum: number | null;
  min: number | null;
  max: number | null;
  quantiles: { q: number; value: number | null; lower: number | null; upper: number | null }[];
  partial?: boolean;
  stale?: boolean;
}

/** What batches hold, by metric, merged by the library itself. */
export class Expected {
  readonly #sketches = new Map<string, KllSketch>();

  add(series: readonly BatchSeries[]): void {
    for (const { name, sketch, values } of series) {
      const total = this.#sketches.get(name) ?? new KllSketch({ k: EXPECTED_K, seed: 1 });
      this.#sketches.set(name, total);
      if (sketch) total.merge(sketch);
      else total.extend(values!);
    }
  }

  get names(): string[] {
    return [...this.#sketches.keys()].sort();
  }

  answer(name: string): MetricAnswer {
    const sketch = this.#sketches.get(name)!;
    return {
      n: sketch.n,
      sum: numberOf(sketch.sum),
      min: numberOf(sketch.min),
      max: numberOf(sketch.max),
      quantiles: RANKS.map((q) => ({ q, value: sketch.quantile(q), ...sketch.quantileBounds(q) })),
    };
  }
}

/** What differs by more than error explains: n, sum and ends at all, a percentile where the bounds have nothing in common. */
export function differences(expected: MetricAnswer, found: MetricAnswer): string[] {
  const told: string[] = [];
  const tell = (what: string, a: unknown, b: unknown) => told.push(`${what}: expected ${a}, found ${b}`);
  if (found.partial) told.push('the answer is partial: something cannot be read');
  if (found.stale) told.push('the answer is stale: an object does not answer');
  if (expected.n !== found.n) tell('n', expected.n, found.n);
  const [a, b] = [expected.sum, found.sum];
  const isSame =
    a === b ||
    (a !== null && b !== null && Math.abs(a - b) <= SUM_TOLERANCE * Math.max(1, Math.abs(a), Math.abs(b)));
  if (!isSame) tell('sum', a, b);
  for (const end of ['min', 'max'] as const) {
    if (expected[end] !== found[end]) tell(end, expected[end], found[end]);
  }
  for (const { q, value, lower, upper } of expected.quantiles) {
    const other = found.quantiles.find((one) => one.q === q);
    if (!other || lower === null || upper === null || other.lower === null || other.upper === null) {
      if ((other?.value ?? null) !== value) tell(`rank ${q}`, value, other?.value);
    } else if (other.lower > upper || other.upper < lower) {
      tell(`rank ${q}`, `${lower} .. ${upper}`, `${other.lower} .. ${other.upper}`);
    }
  }
  return told;
}

const numberOf = (x: number) => (Number.isNaN(x) ? null : x);
