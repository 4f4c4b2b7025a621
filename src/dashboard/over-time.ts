/** Percentiles over time: one question for each step, answers of steps long past kept for a while. */
import type { Answer, Edge } from './api.js';
import { type Band, Chart, type Line } from './charts.js';
import { byId, element } from './elements.js';
import { figure, moment, percentileName } from './format.js';
import type { Asked } from './question.js';

const RANKS = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999];
const SHOWN_AT_FIRST = [0.5, 0.75, 0.95];
const MOST_STEPS = 30;
/** Lengths of a step, minutes. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440];
/** Questions under way at once. */
const AT_ONCE = 6;
/** Most values have come so long after their step: younger steps are asked for each time. */
const SETTLED_MS = 10 * 60_000;
/** Values may come days late, from pages that were offline: older steps are asked for again after so long. */
const KEPT_MS = 60_000;

export class OverTime {
  readonly #place = byId('over-time');
  readonly chart = new Chart(this.#place, 'percentiles over time');
  readonly #shown = new Set(SHOWN_AT_FIRST);
  readonly #kept = new Map<string, { answer: Answer; until: number }>();
  #steps: { from: number; answer: Answer }[] = [];

  constructor() {
    byId('percentiles').append(
      ...RANKS.map((rank, i) => {
        const box = element('input', { type: 'checkbox', value: rank, checked: this.#shown.has(rank) });
        box.addEventListener('change', () => {
          if (box.checked) this.#shown.add(rank);
          else this.#shown.delete(rank);
          this.#draw();
        });
        return element('label', { 'data-colour': i }, box, percentileName(rank));
      }),
    );
  }

  /** Shows nothing: what is there is the answer to another question. */
  clear(): void {
    this.#steps = [];
    this.#place.style.visibility = 'hidden';
  }

  /** @param isCurrent whether nothing newer is asked: the rest of the steps is not asked for then */
  async ask(edge: Edge, asked: Asked, isCurrent: () => boolean): Promise<void> {
    const { name, match, from, to } = asked;
    const minutes = (to - from) / 60_000;
    const days = Math.ceil(minutes / MOST_STEPS / 1440);
    const step = (STEPS.find((length) => minutes / length <= MOST_STEPS) ?? days * 1440) * 60_000;
    // Steps begin at multiples of themselves: the next refresh asks for the same ones.
    const starts: number[] = [];
    for (let at = Math.floor(from / step) * step; at < to; at += step) starts.push(at);
    const answers = new Map<number, Answer>();
    const waiting = [...starts];
    const work = async () => {
      for (let start = waiting.shift(); start !== undefined && isCurrent(); start = waiting.shift()) {
        const key = JSON.stringify([name, match, start, step]);
        const kept = this.#kept.get(key);
        if (kept && Date.now() < kept.until) {
          answers.set(start, kept.answer);
          continue;
        }
        const question = { name, ...(match ? { match } : {}), from: start, to: start + step };
        const answer = await edge.quantiles(question, RANKS);
        const isWhole = !answer.partial && !answer.stale;
        const now = Date.now();
        if (isWhole && start + step < now - SETTLED_MS) this.#kept.set(key, { answer, until: now + KEPT_MS });
        else this.#kept.delete(key);
        answers.set(start, answer);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (this.#kept.size > 2000) this.#kept.clear();
    if (!isCurrent()) return;
    this.#steps = starts.map((start) => ({ from: start, answer: answers.get(start)! }));
    this.#draw();
  }

  #draw(): void {
    const steps = this.#steps;
    if (steps.length === 0) return;
    this.#place.style.visibility = '';
    const ranks = RANKS.filter((rank) => this.#shown.has(rank));
    const of = (rank: number, pick: (p: Answer['quantiles'][number]) => number | null) =>
      steps.map(({ answer }) => {
        const found = answer.n > 0 ? answer.quantiles.find(({ q }) => q === rank) : undefined;
        return found ? pick(found) : null;
      });
    const lines: Line[] = ranks.map((rank) => ({
      label: percentileName(rank),
      values: of(rank, (p) => p.value),
      colour: RANKS.indexOf(rank),
    }));
    const top = ranks.at(-1);
    const bands: Band[] = [];
    if (top !== undefined) {
      const colour = RANKS.indexOf(top);
      const band = (
        name: string,
        opacity: number,
        [lower, upper]: [(number | null)[], (number | null)[]],
      ) => {
        bands.push({ name, opacity, colour, between: [lines.length, lines.length + 1] });
        lines.push({ label: name, values: upper, edge: true }, { label: name, values: lower, edge: true });
      };
      const name = percentileName(top);
      band(`${name} sample`, 0.16, [of(top, (p) => p.ci[0]), of(top, (p) => p.ci[1])]);
      band(`${name} sketch`, 0.3, [of(top, (p) => p.lower), of(top, (p) => p.upper)]);
    }
    this.chart.show(
      steps.map(({ from }) => from / 1000),
      lines,
      {
        xName: 'from',
        time: true,
        bands,
        format: figure,
        formatX: (seconds) => moment(seconds * 1000),
        description: `${ranks.map(percentileName).join(', ') || 'No percentile'} in ${steps.length} steps of time`,
      },
    );
  }
}
