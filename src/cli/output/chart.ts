/** Charts of block characters. */

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

/**
 * Bin edges at round numbers: multiples of 1, 2 or 5 times a power of ten.
 * @param bins about how many
 */
export function roundEdges(low: number, high: number, bins: number): number[] {
  const raw = (high - low) / bins;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= raw * 0.999)!;
  const first = Math.floor(low / step);
  const last = Math.ceil(high / step);
  // Divided where the step is a fraction: 3 / 10 is 0.3 and 3 x 0.1 is not.
  const edge = (i: number) => (step < 1 ? i / Math.round(1 / step) : i * step);
  const edges: number[] = [];
  for (let i = first; i <= last; i++) edges.push(edge(i));
  return edges;
}

/** Edges at equal ratios, for values above 0. */
export function logEdges(low: number, high: number, bins: number): number[] {
  const from = Math.log10(low);
  const step = (Math.log10(high) - from) / bins;
  return Array.from({ length: bins + 1 }, (_, i) =>
    i === bins ? high : Number((10 ** (from + i * step)).toPrecision(3)),
  );
}
