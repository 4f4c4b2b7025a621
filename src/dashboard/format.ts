/** Figures as people read them. */

const GROUPED = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** Three significant digits, or whole numbers from 1000 on; a dash where nothing is known. */
export function figure(x: number | null | undefined): string {
  if (x === null || x === undefined || Number.isNaN(x)) return '-';
  if (Math.abs(x) >= 1000) return GROUPED.format(x);
  return String(Number(x.toPrecision(3)));
}

export function count(n: number): string {
  return GROUPED.format(n);
}

/** A share as per cent. */
export function percent(share: number): string {
  const isNearEnd = (share > 0 && share < 0.001) || (share > 0.999 && share < 1);
  return `${Number((share * 100).toFixed(isNearEnd ? 2 : 1))} %`;
}

/** p75 of 0.75; p99.9 of 0.999. */
export function percentileName(q: number): string {
  return `p${Number((q * 100).toFixed(6))}`;
}

export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

/** Labels as the match field takes them. */
export function matcher(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return pairs.length ? `{${pairs.join(',')}}` : '';
}
