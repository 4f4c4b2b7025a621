/** The slowest values with what was there when they came: a few, kept until the next send, and only when asked for. */
import { type Labels, printable } from './labels.js';
import type { OutgoingSeries } from './series.js';

interface Exemplar {
  name: string;
  value: number;
  labels: Labels;
  attribution: string;
  at: number;
}

export class Exemplars {
  #kept: Exemplar[] = [];

  /** @param most how many of each metric are kept, 1..10 */
  constructor(readonly most: number) {}

  /** @param attribution a CSS selector or the like */
  offer(name: string, value: number, labels: Labels, attribution: string, at: number): void {
    const kept = this.#kept;
    kept.push({ name, value, labels, attribution: withoutIds(attribution), at });
    const same = kept.filter((one) => one.name === name).sort((a, b) => a.value - b.value);
    if (same.length > this.most) kept.splice(kept.indexOf(same[0]), 1);
  }

  /** Those kept, each a series of one value, named after its metric with `_exemplar` behind. */
  take(now: number): OutgoingSeries[] {
    const series = this.#kept.map(({ name, value, labels, attribution, at }) => ({
      name: `${name}_exemplar`,
      labels: { ...labels, attribution },
      age: Math.max(0, Math.round(now - at)),
      n: 1,
      values: Float64Array.of(value),
    }));
    this.#kept = [];
    return series;
  }
}

/**
 * A selector whose ids, attributes and numbers are gone: `#cart-8231>li.row` is `*>li.row`. Ids are not escaped, and may
 * hold any character: they end where web-vitals joins the next element.
 */
export function withoutIds(selector: string): string {
  return printable(selector.replace(/#[^>]*|\[[^\]]*\]?/g, '*').replace(/\d+/g, '0'));
}
