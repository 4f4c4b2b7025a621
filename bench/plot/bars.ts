/** Horizontal bars as SVG, for what differs by factors: the scale is logarithmic, and each bar says its value. */
import { escaped, logarithmic, STYLE } from './svg.js';

export interface Bars {
  title: string;
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

const plain = (value: number) => String(Number(value.toPrecision(3)));

export function barsSvg({ title, label, bars, tick: say = plain }: Bars): string {
  const values = bars.map(({ value }) => value).filter((value) => value > 0);
  // The shortest bar is still a bar.
  const scale = logarithmic([Math.min(...values) / 2, Math.max(...values)]);
  const across = (value: number) =>
    Math.round(10 * (LEFT + Math.max(0, scale.place(value)) * (WIDTH - LEFT - RIGHT))) / 10;
  const bottom = TOP + ROW * bars.length + 6;
  const parts = [`<text class="title" x="16" y="26">${escaped(title)}</text>`];
  for (const tick of scale.ticks) {
    parts.push(`<path class="grid" d="M${across(tick)} ${TOP}V${bottom}"/>`);
    parts.push(`<text x="${across(tick)}" y="${bottom + 18}" text-anchor="middle">${say(tick)}</text>`);
  }
  bars.forEach(({ name, value, text, isOurs }, i) => {
    const y = TOP + ROW * i + 4;
    parts.push(`<text x="${LEFT - 8}" y="${y + 13}" text-anchor="end">${escaped(name)}</text>`);
    const width = Math.max(1, across(value) - LEFT);
    parts.push(
      `<rect class="d${isOurs ? 1 : 0}" x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="17"/>`,
    );
    parts.push(`<text x="${LEFT + width + 6}" y="${y + 13}">${escaped(text)}</text>`);
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
