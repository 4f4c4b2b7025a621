/** Median and spread of samples. */

/** The quantile of ascending samples, interpolated. */
function at(sorted: readonly number[], rank: number): number {
  const place = rank * (sorted.length - 1);
  const low = Math.floor(place);
  return sorted[low] + (place - low) * (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]);
}

export interface Spread {
  median: number;
  /** The first quartile: three samples in four are above it. */
  lower: number;
  /** Distance between the quartiles. */
  iqr: number;
  samples: number;
}

export function spreadOf(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b);
  return {
    median: at(sorted, 0.5),
    lower: at(sorted, 0.25),
    iqr: at(sorted, 0.75) - at(sorted, 0.25),
    samples: sorted.length,
  };
}
