/** A line plot as SVG: axes with ticks, a legend, and colours that follow the reader's light or dark. */

export interface Axis {
  label: string;
  /** Logarithmic, or linear from 0. */
  log?: boolean;
  /** The largest value on the left. */
  reversed?: boolean;
}

export interface Plot {
  title: string;
  x: Axis;
  y: Axis;
  series: readonly { name: string; points: readonly (readonly [x: number, y: number])[] }[];
}

const WIDTH = 720;
const HEIGHT = 440;
const LEFT = 64;
const RIGHT = 20;
const TOP = 44;
const BOTTOM = 104;

/** Colours that differ for the colour-blind as well (Okabe and Ito); the dark set is lighter. */
const LIGHT = ['#444444', '#0072b2', '#d55e00', '#007a5a', '#b0568f'];
const DARK = ['#c8c8c8', '#56b4e9', '#ff9a4d', '#2fd6a6', '#e79ccb'];

export const STYLE = `
svg { font: 13px system-ui, sans-serif; background: #fff; fill: #222; }
.title { font-size: 15px; font-weight: 600; }
.grid { stroke: #e3e3e3; }
.line { fill: none; stroke-width: 2; }
${LIGHT.map((colour, i) => `.s${i} { stroke: ${colour}; } .d${i} { fill: ${colour}; }`).join('\n')}
@media (prefers-color-scheme: dark) {
svg { background: #161616; fill: #e4e4e4; }
.grid { stroke: #3a3a3a; }
${DARK.map((colour, i) => `.s${i} { stroke: ${colour}; } .d${i} { fill: ${colour}; }`).join('\n')}
}`;

interface Scale {
  ticks: number[];
  /** 0..1 along the axis. */
  place(x: number): number;
}

export function linear(values: readonly number[]): Scale {
  const largest = Math.max(...values);
  const raw = largest / 5;
  const unit = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5, 10].find((multiple) => multiple * unit >= raw) ?? 10) * unit;
  const end = Math.ceil(largest / step) * step;
  const ticks = Array.from({ length: Math.round(end / step) + 1 }, (_, i) => i * step);
  return { ticks, place: (x) => x / end };
}

export function logarithmic(values: readonly number[]): Scale {
  const low = Math.log10(Math.min(...values)) - 0.02;
  const high = Math.log10(Math.max(...values)) + 0.02;
  const multiples = high - low > 2.5 ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let decade = Math.floor(low); decade <= high; decade++) {
    for (const multiple of multiples) ticks.push(multiple * 10 ** decade);
  }
  const place = (x: number) => (Math.log10(x) - low) / (high - low);
  return { ticks: ticks.filter((x) => place(x) >= 0 && place(x) <= 1), place };
}

function scaleOf({ log, reversed }: Axis, values: readonly number[]): Scale {
  const scale = log ? logarithmic(values.filter((x) => x > 0)) : linear(values);
  return reversed ? { ...scale, place: (x) => 1 - scale.place(x) } : scale;
}

function label(x: number): string {
  if (x >= 1e6) return `${Number((x / 1e6).toPrecision(3))}M`;
  return x >= 1e4 ? `${Number((x / 1e3).toPrecision(3))}k` : String(Number(x.toPrecision(3)));
}

export const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

export function plotSvg({ title, x, y, series }: Plot): string {
  const across = scaleOf(
    x,
    series.flatMap(({ points }) => points.map(([at]) => at)),
  );
  const up = scaleOf(
    y,
    series.flatMap(({ points }) => points.map(([, at]) => at)),
  );
  const px = (at: number) => Math.round(10 * (LEFT + across.place(at) * (WIDTH - LEFT - RIGHT))) / 10;
  const py = (at: number) => Math.round(10 * (HEIGHT - BOTTOM - up.place(at) * (HEIGHT - TOP - BOTTOM))) / 10;
  const parts = [`<text class="title" x="${LEFT}" y="26">${escaped(title)}</text>`];
  for (const tick of up.ticks) {
    parts.push(`<path class="grid" d="M${LEFT} ${py(tick)}H${WIDTH - RIGHT}"/>`);
    parts.push(`<text x="${LEFT - 8}" y="${py(tick) + 4}" text-anchor="end">${label(tick)}</text>`);
  }
  for (const tick of across.ticks) {
    parts.push(`<path class="grid" d="M${px(tick)} ${TOP}V${HEIGHT - BOTTOM}"/>`);
    parts.push(
      `<text x="${px(tick)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${label(tick)}</text>`,
    );
  }
  const middle = (TOP + HEIGHT - BOTTOM) / 2;
  parts.push(
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - BOTTOM + 38}" text-anchor="middle">${escaped(x.label)}</text>`,
    `<text transform="translate(16 ${middle}) rotate(-90)" text-anchor="middle">${escaped(y.label)}</text>`,
  );
  let legend = LEFT;
  let row = HEIGHT - 40;
  series.forEach(({ name, points }, i) => {
    const drawn = y.log ? points.filter(([, at]) => at > 0) : points;
    const path = drawn.map(([at, value]) => `${px(at)} ${py(value)}`).join('L');
    parts.push(`<path class="line s${i}" d="M${path}"/>`);
    for (const [at, value] of drawn)
      parts.push(`<circle class="d${i}" cx="${px(at)}" cy="${py(value)}" r="3"/>`);
    const width = 40 + 7 * name.length;
    if (legend + width > WIDTH) [legend, row] = [LEFT, row + 22];
    parts.push(`<path class="line s${i}" d="M${legend} ${row}h18"/>`);
    parts.push(`<text x="${legend + 23}" y="${row + 4}">${escaped(name)}</text>`);
    legend += width;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}</style>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}
