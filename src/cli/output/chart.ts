/** Charts of block characters. */
import { showApart } from './figures.js';

const LEFT_EIGHTHS = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
const LOWER_EIGHTHS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** A bar of `share` (0..1) of the width, from the left. Anything above 0 shows. */
export function horizontalBar(share: number, width: number, ascii: boolean): string {
  if (ascii) return '#'.repeat(share > 0 ? Math.max(1, Math.round(share * width)) : 0);
  const eighths = share > 0 ? Math.max(1, Math.round(share * width * 8)) : 0;
  const rest = eighths % 8;
  return LEFT_EIGHTHS[8].repeat(eighths >> 3) + (rest ? LEFT_EIGHTHS[rest] : '');
}

/** Rows, top first, of columns as high as their shares (0..1). */
export function columnChart(shares: readonly number[], height: number, ascii: boolean): string[] {
  return Array.from({ length: height }, (_, row) =>
    shares
      .map((share) => {
        const eighths = Math.min(8, Math.max(0, Math.round(share * height * 8) - (height - 1 - row) * 8));
        return ascii ? (eighths >= 4 ? '#' : ' ') : LOWER_EIGHTHS[eighths];
      })
      .join('')
      .trimEnd(),
  );
}

/** Columns from one label of an axis to the next. */
const LABEL_COLUMNS = 16;
const LABEL_DIGITS = 4;

/** Values of an axis under their columns: as many as have room, in as many digits as tell them apart. */
export function axisLabels(xs: readonly number[]): string {
  for (let count = Math.max(2, Math.floor(xs.length / LABEL_COLUMNS)); ; count--) {
    const columns = Array.from({ length: count + 1 }, (_, i) => Math.round((i / count) * (xs.length - 1)));
    const texts = showApart(
      columns.map((column) => xs[column]),
      LABEL_DIGITS,
    );
    let line = '';
    let isWhole = true;
    for (const [i, text] of texts.entries()) {
      const start = Math.min(xs.length - text.length, Math.max(0, columns[i] - (text.length >> 1)));
      // Two spaces, or it would be read with the one before.
      if (i > 0 && start < line.length + 2) isWhole = false;
      else line = line.padEnd(start) + text;
    }
    if (isWhole || count === 1) return line;
  }
}

/**
 * Bin edges at round numbers: multiples of 1, 2 or 5 times a power of ten; where those do not differ as doubles, even ones.
 * @param low below `high`, which is finitely far away
 * @param bins about how many
 */
export function roundEdges(low: number, high: number, bins: number): number[] {
  const raw = (high - low) / bins;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= raw * 0.999) ?? 0;
  const first = Math.floor(low / step);
  const last = Math.ceil(high / step);
  // Divided where the step is a fraction: 3 / 10 is 0.3 and 3 x 0.1 is not.
  const edge = (i: number) => (step < 1 ? i / Math.round(1 / step) : i * step);
  const edges: number[] = [];
  // Beyond 2^53 a count and the next are one: it would not end.
  if (Number.isSafeInteger(first) && Number.isSafeInteger(last)) {
    for (let i = first; i <= last; i++) edges.push(edge(i));
  }
  return areEdges(edges) ? edges : evenEdges(low, high, bins);
}

/** Edges at equal ratios, for values above 0; of three digits, or as many as tell them apart. */
export function logEdges(low: number, high: number, bins: number): number[] {
  const from = Math.log10(low);
  const step = (Math.log10(high) - from) / bins;
  for (let digits = 3; digits <= 17; digits++) {
    const edges = Array.from({ length: bins + 1 }, (_, i) =>
      i === bins ? high : Number((10 ** (from + i * step)).toPrecision(digits)),
    );
    if (areEdges(edges)) return edges;
  }
  // So close together lines and logarithms are one.
  return evenEdges(low, high, bins);
}

/** Finite, ascending and at least two. */
function areEdges(edges: readonly number[]): boolean {
  return edges.length > 1 && edges.every((x, i) => Number.isFinite(x) && (i === 0 || x > edges[i - 1]));
}

/** Edges at equal distances, as many as differ. */
function evenEdges(low: number, high: number, bins: number): number[] {
  const edges = Array.from({ length: bins + 1 }, (_, i) =>
    i === bins ? high : Math.min(high, low + (high - low) * (i / bins)),
  );
  return edges.filter((x, i) => i === 0 || x > edges[i - 1]);
}
