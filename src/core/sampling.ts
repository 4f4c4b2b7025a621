/**
 * Sampling error: how far the quantile of n values may be from the quantile of the population they came from.
 * Order statistics (e.g. David, Nagaraja, Order Statistics, section 7.1): the number of values below the
 * population's quantile is binomial, whatever the distribution.
 */

/** Half the chance of missing, at 99 % confidence. */
const TAIL = 0.005;
/** Normal quantile of 1 - TAIL. */
const Z = 2.5758293035489004;
/** Variance from which the expansion is exact to a fiftieth of a value. Below it no term of the sum underflows. */
const LARGE = 150;

export interface SamplingRanks {
  /** Rank among the n values below which the population's quantile does not lie; -Infinity when n cannot say. */
  lower: number;
  /** The same above; Infinity when n cannot say. */
  upper: number;
}

/**
 * The ranks, among n values drawn independently, that enclose the population's quantile of `rank` with 99 % confidence.
 * @param rank 0..1
 * @param n number of values, at least 1
 */
export function samplingRanks(rank: number, n: number): SamplingRanks {
  // P(B < l) <= TAIL and P(B >= u) <= TAIL for B binomial(n, rank).
  const l = binomialQuantile(n, rank);
  const u = n - binomialQuantile(n, 1 - rank) + 1;
  return { lower: l < 1 ? -Infinity : l / n, upper: u > n ? Infinity : u / n };
}

/** The smallest x with P(B <= x) > TAIL, B binomial(n, p). */
function binomialQuantile(n: number, p: number): number {
  const mean = n * p;
  const variance = mean * (1 - p);
  if (variance > LARGE) {
    // Cornish-Fisher with the skewness term; rounded outward.
    return Math.max(0, Math.floor(mean - Z * Math.sqrt(variance) + ((Z * Z - 1) * (1 - 2 * p)) / 6 - 0.5));
  }
  // Summed from the nearer end: there are few terms. From above, n - B is binomial(n, 1 - p), and the largest y with
  // P(n - B >= y) > TAIL is n - x.
  const isLow = p <= 0.5;
  const q = isLow ? p : 1 - p;
  let term = Math.exp(n * Math.log1p(-q));
  let sum = term;
  let x = 0;
  while ((isLow ? sum <= TAIL : 1 - sum > TAIL) && x < n) {
    term *= ((n - x) / (x + 1)) * (q / (1 - q));
    sum += term;
    x++;
  }
  return isLow ? x : n - x;
}
