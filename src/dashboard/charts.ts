/** Charts: uPlot in the page's colours, with words beside for those who do not see it. */
import uPlot from 'uplot';

const COLOURS = ['#0b63ce', '#18794e', '#9a6700', '#8e4ec6', '#c0362c', '#0d7f83'];
const COLOURS_DARK = ['#6cb0ff', '#4cc38a', '#e2b340', '#c79cf5', '#ff8178', '#5fd0d3'];

export interface Line {
  label: string;
  values: (number | null)[];
  /** Drawn as an edge of a band, without points and not in the legend. */
  edge?: boolean;
  colour?: number;
  bars?: boolean;
}

export interface Band {
  /** Lines between which it lies: the upper, then the lower. */
  between: [number, number];
  opacity: number;
  colour: number;
}

export interface ChartOptions {
  /** x are seconds since 1970. */
  time?: boolean;
  /** Logarithmic x. */
  logarithmic?: boolean;
  bands?: Band[];
  /** What the chart shows, in words. */
  description: string;
  format: (y: number) => string;
  formatX?: (x: number) => string;
}

/** A chart in an element, redrawn with new data, when the element's width changes, and when the theme does. */
export class Chart {
  #plot: uPlot | undefined;
  #last: (() => void) | undefined;
  readonly #within: HTMLElement;

  constructor(within: HTMLElement) {
    this.#within = within;
    new ResizeObserver(() => {
      const width = within.clientWidth;
      if (this.#plot && width && this.#plot.width !== width) this.#plot.setSize({ width, height: 280 });
    }).observe(within);
  }

  /** Draws again, in the colours of now. */
  redraw(): void {
    this.#last?.();
  }

  show(x: number[], lines: Line[], options: ChartOptions): void {
    this.#last = () => this.#draw(x, lines, options);
    this.#last();
  }

  #draw(x: number[], lines: Line[], options: ChartOptions): void {
    const style = getComputedStyle(document.documentElement);
    const quiet = style.getPropertyValue('--quiet').trim();
    const rule = style.getPropertyValue('--line').trim();
    const colours = document.documentElement.dataset.theme === 'dark' ? COLOURS_DARK : COLOURS;
    const axis = { stroke: quiet, grid: { stroke: rule, width: 1 }, ticks: { stroke: rule, width: 1 } };
    const formatX = options.formatX ?? options.format;
    this.#plot?.destroy();
    this.#within.replaceChildren();
    this.#within.setAttribute('role', 'img');
    this.#within.setAttribute('aria-label', options.description);
    this.#plot = new uPlot(
      {
        width: this.#within.clientWidth || 600,
        height: 280,
        scales: { x: { time: options.time === true, distr: options.logarithmic ? 3 : 1 } },
        axes: [
          options.time
            ? axis
            : { ...axis, values: (_, ticks) => ticks.map((t) => (t === null ? '' : formatX(t))) },
          { ...axis, size: 64, values: (_, ticks) => ticks.map((t) => options.format(t)) },
        ],
        series: [
          options.time ? {} : { label: 'up to', value: (_, v) => (v === null ? '-' : formatX(v)) },
          ...lines.map((line, i): uPlot.Series => {
            const colour = colours[(line.colour ?? i) % colours.length];
            return {
              label: line.label,
              stroke: line.edge ? 'transparent' : colour,
              width: line.edge ? 0 : 2,
              points: { show: !line.edge && !line.bars && x.length < 60, size: 4 },
              value: (_, v) => (v === null ? '-' : options.format(v)),
              ...(line.bars ? { fill: `${colour}66`, paths: uPlot.paths.bars!({ size: [0.9] }) } : {}),
            };
          }),
        ],
        bands: (options.bands ?? []).map(({ between: [upper, lower], opacity, colour }) => ({
          series: [upper + 1, lower + 1],
          fill:
            colours[colour % colours.length] +
            Math.round(opacity * 255)
              .toString(16)
              .padStart(2, '0'),
        })),
        legend: { live: false, show: lines.filter((line) => !line.edge).length > 1 },
      },
      [x, ...lines.map((line) => line.values)] as uPlot.AlignedData,
      this.#within,
    );
    // Edges of bands are no lines of their own.
    const rows = this.#within.querySelectorAll<HTMLElement>('.u-legend .u-series');
    lines.forEach((line, i) => {
      if (line.edge && rows[i]) rows[i].style.display = 'none';
    });
  }
}
