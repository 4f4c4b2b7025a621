/** Figures as people read them. */

const MOMENT = new Intl.DateTimeFormat('en', {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
});
const GROUPED = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** Three significant digits, or whole numbers from 1000 on; a dash where nothing is known. */
export function figure(x: number | null | undefined): string {
  if (x === null || x === undefined || Number.isNaN(x)) return '-';
  if (Math.abs(x) >= 1000) return GROUPED.format(x);
  return String(Number(x.toPrecision(3)));
}

/** What lies between two values, in words: one that is not known is an open end. */
export function between(
  low: number | null | undefined,
  high: number | null | undefined,
  format: (x: number) => string = figure,
): string {
  const [from, to] = [low, high].map((x) => (x === null || x === undefined ? undefined : format(x)));
  if (from === undefined) return to === undefined ? 'unknown' : `up to ${to}`;
  if (to === undefined) return `from ${from}`;
  return from === to ? from : `${from} to ${to}`;
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
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 2 * 3600) return `${Math.round(seconds / 60)} min`;
  return seconds < 2 * 86_400 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}

/** A point in time, as the reader's clock has it. */
export function moment(ms: number): string {
  return MOMENT.format(ms);
}

/** Labels as the match field takes them. */
export function matcher(labels: Record<string, string>): string {
  const named = (key: string) => (/^[^\s=!~,{}"]+$/.test(key) ? key : JSON.stringify(key));
  const pairs = Object.entries(labels).map(([key, value]) => `${named(key)}=${JSON.stringify(value)}`);
  return pairs.length ? `{${pairs.join(',')}}` : '';
}

/** As the edge reads it: it may be half a pattern, and JSON refuses most of what can stand behind a backslash. */
function unquoted(quoted: string): string {
  return quoted.slice(1, -1).replace(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one));
}

/** Labels that a matcher picks by their exact value; none where it asks for more than that. */
export function pickedBy(match: string): Record<string, string> {
  const inner = match.trim().replace(/^\{(.*)\}$/, '$1');
  const pair = /\s*([^\s=!~,{}"]+|"(?:[^"\\]|\\.)*")\s*=\s*("(?:[^"\\]|\\.)*")\s*(?:,|$)/y;
  const picked: Record<string, string> = {};
  while (pair.lastIndex < inner.length) {
    const found = pair.exec(inner);
    if (!found) return {};
    picked[found[1].startsWith('"') ? unquoted(found[1]) : found[1]] = unquoted(found[2]);
  }
  return picked;
}
