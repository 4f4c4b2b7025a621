/**
 * Charts: uPlot in the page's colours. Beside the picture, what it shows in words: a slider that reads it point by
 * point, for keyboards, fingers and screen readers, and all of it as a table.
 */
import uPlot from 'uplot';
import { element, fillTable } from './elements.js';
import { between } from './format.js';

const COLOURS = ['#0b63ce', '#18794e', '#9a6700', '#8e4ec6', '#c0362c', '#0d7f83'];
const COLOURS_DARK = ['#6cb0ff', '#4cc38a', '#e2b340', '#c79cf5', '#ff8178', '#5fd0d3'];
/** Lines differ in more than their colour. */
const DASHES = [[], [8, 3], [3, 3], [12, 3, 3, 3], [2, 5], [16, 5]];
const HEIGHT = 280;

export interface Line {
  label: string;
  values: (number | null)[];
  /** Drawn as an edge of a band: neither in the legend nor in words. */
  edge?: boolean;
  colour?: number;
  bars?: boolean;
}

export interface Band {
  /** What the band is, in words. */
  name: string;
  /** Lines between which it lies: the upper, then the lower. */
  between: [number, number];
  opacity: number;
  colour: number;
}

export interface ChartOptions {
  /** What x is, in words. */
  xName: string;
  /** x are seconds since 1970. */
  time?: boolean;
  /** Logarithmic x. */
  logarithmic?: boolean;
  bands?: Band[];
  /** What the chart shows, in words. */
  description: string;
  format: (y: number) => string;
  formatX: (x: number) => string;
}

interface Shown {
  x: number[];
  lines: Line[];
  options: ChartOptions;
}

/** A chart in an element, redrawn with new data, when the element's width changes, and when the theme does. */
export class Chart {
  #plot: uPlot | undefined;
  /** Of what the plot was made: with other data of the same kind it is kept. */
  #kind = '';
  #shown: Shown | undefined;
  readonly #picture = element('div', { class: 'picture', role: 'img' });
  readonly #legend = element('div', { 'aria-hidden': 'true' });
  readonly #slider = element('input', { type: 'range', min: 0, max: 0, step: 1 });
  readonly #reading = element('p', { class: 'reading' });
  readonly #table: HTMLElement;
  readonly #details: HTMLDetailsElement;

  /** @param name of what is shown, for those who hear it */
  constructor(within: HTMLElement, name: string) {
    this.#table = element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': name });
    this.#details = element('details', {}, element('summary', {}, 'As a table'), this.#table);
    this.#slider.setAttribute('aria-label', `Read ${name}`);
    within.append(
      this.#picture,
      this.#legend,
      element('label', { class: 'reader' }, 'Read', this.#slider),
      this.#reading,
      this.#details,
    );
    this.#slider.addEventListener('input', () => this.#point());
    this.#details.addEventListener('toggle', () => this.#tell());
    new ResizeObserver(() => {
      const width = this.#picture.clientWidth;
      if (this.#plot && width && this.#plot.width !== width) this.#plot.setSize({ width, height: HEIGHT });
    }).observe(within);
  }

  /** Draws again, in the colours of now. */
  redraw(): void {
    if (this.#shown) this.#draw(this.#shown);
  }

  show(x: number[], lines: Line[], options: ChartOptions): void {
    const wasAtEnd = this.#slider.value === this.#slider.max;
    this.#shown = { x, lines, options };
    this.#draw(this.#shown);
    this.#slider.max = String(x.length - 1);
    if (wasAtEnd) this.#slider.value = this.#slider.max;
    this.#read(Number(this.#slider.value));
    this.#tell();
  }

  /** Puts the cursor where the slider is. */
  #point(): void {
    const i = Number(this.#slider.value);
    const { x } = this.#shown ?? { x: [] };
    this.#plot?.setCursor({ left: this.#plot.valToPos(x[i], 'x'), top: HEIGHT / 3 });
    this.#read(i);
  }

  /** Says in words what lies at a point. */
  #read(i: number): void {
    if (!this.#shown || i >= this.#shown.x.length) return;
    const { x, lines, options } = this.#shown;
    const { bands = [] } = options;
    const parts = [
      ...lines.filter(({ edge }) => !edge).map(({ label, values }) => `${label} ${this.#figure(values[i])}`),
      ...bands.map((band) => `${band.name} ${this.#span(band, i)}`),
    ];
    const text = `${options.formatX(x[i])}: ${parts.join(', ')}`;
    this.#reading.textContent = text;
    this.#slider.value = String(i);
    this.#slider.setAttribute('aria-valuetext', text);
  }

  /** Fills the table, while it is open. */
  #tell(): void {
    if (!this.#shown || !this.#details.open) return;
    const { x, lines, options } = this.#shown;
    const { bands = [] } = options;
    const main = lines.filter(({ edge }) => !edge);
    fillTable(
      this.#table,
      options.description,
      [options.xName, ...main.map(({ label }) => label), ...bands.map(({ name }) => name)],
      x.map((at, i) => [
        options.formatX(at),
        ...main.map(({ values }) => this.#figure(values[i])),
        ...bands.map((band) => this.#span(band, i)),
      ]),
    );
  }

  #figure(y: number | null | undefined): string {
    return y === null || y === undefined ? '-' : (this.#shown?.options.format(y) ?? '');
  }

  #span({ between: [upper, lower] }: Band, i: number): string {
    const { lines } = this.#shown ?? { lines: [] };
    return between(lines[lower].values[i], lines[upper].values[i], (y) => this.#figure(y));
  }

  #draw({ x, lines, options }: Shown): void {
    const { dataset } = document.documentElement;
    const kind = JSON.stringify([
      dataset.theme,
      options.time,
      options.logarithmic,
      options.bands,
      x.length < 60,
      lines.map(({ label, edge, bars, colour }) => [label, edge, bars, colour]),
    ]);
    const data = [x, ...lines.map((line) => line.values)] as uPlot.AlignedData;
    this.#picture.setAttribute('aria-label', options.description);
    if (this.#plot && kind === this.#kind) {
      this.#plot.setData(data);
      return;
    }
    this.#kind = kind;
    this.#plot?.destroy();
    this.#legend.replaceChildren();
    this.#plot = new uPlot(this.#optionsOf(x, lines, options), data, this.#picture);
    // Edges of bands are no lines of their own.
    const rows = this.#legend.querySelectorAll<HTMLElement>('.u-series');
    lines.forEach((line, i) => {
      if (line.edge && rows[i]) rows[i].style.display = 'none';
    });
  }

  #optionsOf(x: number[], lines: Line[], options: ChartOptions): uPlot.Options {
    const style = getComputedStyle(document.documentElement);
    const quiet = style.getPropertyValue('--quiet').trim();
    const rule = style.getPropertyValue('--line').trim();
    const colours = document.documentElement.dataset.theme === 'dark' ? COLOURS_DARK : COLOURS;
    const axis = { stroke: quiet, grid: { stroke: rule, width: 1 }, ticks: { stroke: rule, width: 1 } };
    const hasBars = lines.some(({ bars }) => bars);
    return {
      width: this.#picture.clientWidth || 600,
      height: HEIGHT,
      cursor: { drag: { x: false, y: false }, points: { show: !hasBars } },
      scales: {
        x: {
          time: options.time === true,
          distr: options.logarithmic ? 3 : 1,
          range: (_, low, high) => this.#range(low, high, hasBars),
        },
      },
      axes: [
        options.time
          ? axis
          : { ...axis, values: (_, ticks) => ticks.map((t) => (t === null ? '' : options.formatX(t))) },
        { ...axis, size: 64, values: (_, ticks) => ticks.map((t) => options.format(t)) },
      ],
      series: [
        {},
        ...lines.map((line, i): uPlot.Series => {
          const at = line.colour ?? i;
          const colour = colours[at % colours.length];
          return {
            label: line.label,
            stroke: line.edge ? 'transparent' : colour,
            width: line.edge ? 0 : 2,
            ...(line.edge || line.bars ? {} : { dash: DASHES[at % DASHES.length] }),
            points: { show: !line.edge && !line.bars && x.length < 60, size: 4 },
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
      legend: {
        live: false,
        show: lines.filter((line) => !line.edge).length > 1,
        mount: (_, legend) => this.#legend.append(legend),
      },
      hooks: {
        setCursor: [
          ({ cursor: { idx } }) => {
            if (idx !== null && idx !== undefined) this.#read(idx);
          },
        ],
      },
    };
  }

  /** Ends of the x axis: bars have a width, half of which lies outside of the first and the last x. */
  #range(low: number, high: number, hasBars: boolean): [number, number] {
    const { x, options } = this.#shown ?? {};
    if (!hasBars || !x || !options || x.length < 2) return [low, high];
    if (!options.logarithmic) {
      const half = (x[1] - x[0]) / 2;
      return [low - half, high + half];
    }
    const half = Math.sqrt(x[1] / x[0]);
    return [low / half, high * half];
  }
}
