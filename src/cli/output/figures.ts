/** How figures are written for people. */

const MOST_NAMES = 30;
const COUNT = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/**
 * A value of the data: integers whole, fractions in seven significant digits and one decimal at the least, so that a mean
 * does not pass the maximum.
 * @param digits significant digits of a fraction
 */
export function showValue(x: number, digits = 7): string {
  if (Number.isNaN(x)) return '-';
  if (x === Number.POSITIVE_INFINITY) return 'inf';
  if (x === Number.NEGATIVE_INFINITY) return '-inf';
  // From there on JavaScript writes an exponent.
  const isPlain = Math.abs(x) < 1e21;
  if (Number.isInteger(x) && isPlain) return String(x);
  const whole = isPlain ? Math.trunc(Math.abs(x)).toFixed().length : 0;
  return String(Number(x.toPrecision(Math.max(digits, whole + 1))));
}

/**
 * Values that differ, in as many digits as tell them apart.
 * @param least significant digits of a fraction
 */
export function showApart(values: readonly number[], least = 7): string[] {
  const different = new Set(values).size;
  for (let digits = least; ; digits++) {
    const texts = values.map((x) => showValue(x, digits));
    if (digits === 17 || new Set(texts).size === different) return texts;
  }
}

/** A number of things. */
export function showCount(n: number): string {
  return COUNT.format(n);
}

/** A number of things and what they are: `1 key`, `2 keys`. */
export function showCountOf(n: number, one: string, many = `${one}s`): string {
  return `${showCount(n)} ${Math.round(n) === 1 ? one : many}`;
}

/** Names to choose from: quoted, for they may hold spaces and commas. */
export function showNames(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).map((name) => JSON.stringify(name));
  return [...shown, ...(names.length > MOST_NAMES ? ['...'] : [])].join(', ');
}

/**
 * A fraction as a percentage; 100 % where it is 1 and nowhere else.
 * @param digits significant digits
 */
export function showPercent(fraction: number, digits = 3): string {
  if (Number.isNaN(fraction)) return '-';
  const percent = fraction * 100;
  return `${Number(percent.toPrecision(percentDigits(percent, digits)))} %`;
}

/** An interval of fractions as percentages, rounded outwards: what lies in it, lies in what is shown. */
export function showPercentInterval(lower: number, upper: number, digits = 3): string {
  return `${percentTowards(Math.floor, lower, digits)} % .. ${percentTowards(Math.ceil, upper, digits)} %`;
}

function percentTowards(round: (x: number) => number, fraction: number, digits: number): number {
  if (fraction === 0) return 0;
  const percent = fraction * 100;
  const places = percentDigits(percent, digits);
  const unit = 10 ** (places - 1 - Math.floor(Math.log10(percent)));
  // The noise of binary fractions is no reason to go a unit further.
  return Number((round(Number((percent * unit).toPrecision(15))) / unit).toPrecision(places));
}

/** Significant digits of a percentage: below 100 two of its distance to it at the least. */
function percentDigits(percent: number, digits: number): number {
  if (!(percent > 50 && percent < 100)) return digits;
  return Math.max(digits, 3 - Math.floor(Math.log10(100 - percent)));
}

/** How much of the whole is done, behind what is done; nothing where nobody knows. */
export function showPart(share: number | undefined): string {
  return share === undefined ? '' : `  ${Math.floor(share * 100)} %`;
}

/** The name of the percentile of a rank: 0.999 is p99.9. */
export function percentileName(rank: number): string {
  if (rank === 0) return 'min';
  if (rank === 1) return 'max';
  return `p${Number((rank * 100).toPrecision(12))}`;
}

export function showBytes(bytes: number): string {
  if (bytes < 10_000) return showCountOf(bytes, 'byte');
  if (bytes < 1e6) return `${Number((bytes / 1e3).toPrecision(3))} kB`;
  if (bytes < 1e9) return `${Number((bytes / 1e6).toPrecision(3))} MB`;
  return `${Number((bytes / 1e9).toPrecision(3))} GB`;
}

export function showSeconds(seconds: number): string {
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
}

/** A length of time that people set: the largest unit in which it is whole. */
export function showDuration(ms: number): string {
  for (const [unit, size] of DURATIONS) {
    if (ms >= size && ms % size === 0) return `${showCount(ms / size)} ${unit}${ms === size ? '' : 's'}`;
  }
  return `${ms} ms`;
}

const DURATIONS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/** An interval; one value where both ends are the same. */
export function showInterval(lower: number, upper: number): string {
  return lower === upper ? showValue(lower) : showApart([lower, upper]).join(' .. ');
}

/** An interval that was computed: no more decimals than a hundredth of its width needs. */
export function showComputedInterval(lower: number, upper: number): string {
  const width = upper - lower;
  if (!(width > 0) || width === Number.POSITIVE_INFINITY) return showInterval(lower, upper);
  const decimals = Math.min(20, Math.max(0, 2 - Math.floor(Math.log10(width))));
  // An end beside 0 says that there is a difference: it never becomes 0.
  const end = (x: number) => Number(x.toFixed(decimals)) || Number(x.toPrecision(2));
  return showInterval(end(lower), end(upper));
}

/** A share among others: one decimal. */
export function showShare(share: number): string {
  if (share > 0 && share < 0.0005) return '<0.1 %';
  return share >= 0.9995 && share < 1 ? '>99.9 %' : `${(share * 100).toFixed(1)} %`;
}
