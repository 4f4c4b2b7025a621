/** What an operator sets by text variables (docs/edge.md, "Configuration"), read. */

/** Numbers: what holds where nothing is set, the least and the most. */
export const NUMBERS = {
  KLL_MAX_BODY_BYTES: [2 ** 20, 1024, 64 * 2 ** 20],
  KLL_MAX_INFLATED_BYTES: [4 * 2 ** 20, 1024, 64 * 2 ** 20],
  KLL_MAX_N: [2 ** 40, 1, 2 ** 52],
  KLL_MAX_IN_FLIGHT: [200, 1, 100_000],
  KLL_MAX_BUCKETS: [50_000, 1, 10_000_000],
  KLL_MAX_QUERY_SERIES: [10_000, 1, 1_000_000],
  KLL_MAX_QUERY_GROUPS: [1000, 1, 100_000],
  KLL_SLOW_QUERY_MS: [1000, 0, 3_600_000],
  KLL_DIRECTORY_TTL_MS: [5000, 0, 60_000],
  KLL_LOG_SHARE: [0, 0, 1],
} as const;

/** A number that may be set: outside its range it is an operator's mistake, and the default holds. */
export function numberOf(
  env: { [name in keyof typeof NUMBERS]?: string },
  name: keyof typeof NUMBERS,
): number {
  const [standard, least, most] = NUMBERS[name];
  const text = env[name];
  if (text === undefined || text.trim() === '') return standard;
  const value = Number(text);
  return value >= least && value <= most ? value : standard;
}

/** Names in a list that may be set, by commas or spaces. */
export function namesOf(list: string | undefined): string[] {
  return (list ?? '').split(/[\s,]+/).filter((name) => name !== '');
}
