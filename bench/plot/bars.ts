/** Horizontal bars as SVG; each says its value. */
import { escaped, linear, logarithmic, STYLE } from './svg.js';

export interface Bars {
  title: string;
  /**
   * Where bars begin: at 0 on a linear scale, at 1 on one of factors, where what is below goes left, or, for what differs
   * by magnitudes alone, anywhere.
   */
  from: 0 | 1 | 'anywhere';
  /** Of the scale below, and what its ticks say. */
  label: string;
  tick?: (value: number) => string;
  bars: readonly { name: string; value: number; text: string; isOurs?: boolean }[];
}

const WIDTH = 720;
const LEFT = 268;
const RIGHT = 92;
const TOP = 44;
const ROW = 24;
/** Ticks that are nearer to each other would have their labels run together. */
const APART = 56;

const isPowerOfTen = (value: number) => Number.isInteger(Number(Math.log10(value).toFixed(9)));

const plain = (value: number) => String(Number(value.toPrecision(3)));

export function barsSvg({ title, from, label, bars, tick: say = plain }: Bars): string {
  const values = bars.map(({ value }) => value).filter((value) => value > 0);
  // The shortest bar is still a bar.
  const origin = from === 'anywhere' ? Math.min(...values) / 2 : from;
  const scale = from === 0 ? linear([0, ...values]) : logarithmic([origin, ...values]);
  const across = (value: number) =>
    Math.round(10 * (LEFT + Math.max(0, scale.place(value)) * (WIDTH - LEFT - RIGHT))) / 10;
  const bottom = TOP + ROW * bars.length + 6;
  const parts = [`<text class="title" x="16" y="26">${escaped(title)}</text>`];
  const crowded = scale.ticks.some((tick, i) => i > 0 && across(tick) - across(scale.ticks[i - 1]) < APART);
  for (const tick of scale.ticks.filter((tick) => !crowded || isPowerOfTen(tick))) {
    parts.push(`<path class="grid" d="M${across(tick)} ${TOP}V${bottom}"/>`);
    parts.push(`<text x="${across(tick)}" y="${bottom + 18}" text-anchor="middle">${say(tick)}</text>`);
  }
  bars.forEach(({ name, value, text, isOurs }, i) => {
    const y = TOP + ROW * i + 4;
    parts.push(`<text x="${LEFT - 8}" y="${y + 13}" text-anchor="end">${escaped(name)}</text>`);
    const [left, right] = [across(origin), across(value)].sort((a, b) => a - b);
    const width = Math.max(1, right - left).toFixed(1);
    parts.push(`<rect class="d${isOurs ? 1 : 0}" x="${left}" y="${y}" width="${width}" height="17"/>`);
    parts.push(`<text x="${right + 6}" y="${y + 13}">${escaped(text)}</text>`);
  });
  const height = bottom + 48;
  parts.push(
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${bottom + 40}" text-anchor="middle">${escaped(label)}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}</style>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}
