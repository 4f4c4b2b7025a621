/**
 * The quantile of one rank while values are being added: a place in a sorted view, and how many of the values staged
 * since lie below it. An add moves the place by an item at most, so asking after every add costs no rebuilding.
 */
import { lowerBound, type SortedView } from './sorted-view.js';

export class Cursor {
  #at: number;
  /** Staged values up to the item before the place. */
  #before = 0;
  /** Staged values above that, up to the item at the place: few, ascending. */
  #within: number[] = [];
  /** Staged values counted so far. */
  #seen: number;
  readonly #view: SortedView;

  /**
   * @param key what it is found by
   * @param view a view of everything but the values staged from `from` on
   * @param target cumulative weight that is looked for
   */
  constructor(
    readonly key: number,
    view: SortedView,
    from: number,
    target: number,
  ) {
    this.#view = view;
    this.#seen = from;
    this.#at = lowerBound(view.weights, target);
  }

  /**
   * The first value, of view and staged values, up to which the weight is at least `target`.
   * @param from first staged value that the view lacks
   * @param to one past the last
   */
  find(target: number, staged: Float64Array, from: number, to: number): number {
    const { items, weights } = this.#view;
    while (this.#seen < to) this.#count(staged[this.#seen++]);
    while (this.#at > 0 && weights[this.#at - 1] + this.#before >= target) this.#move(-1, staged, from);
    while (this.#at < items.length && weights[this.#at] + this.#before + this.#within.length < target) {
      this.#move(1, staged, from);
    }
    const missing = target - this.#before - (this.#at ? weights[this.#at - 1] : 0);
    return missing > this.#within.length ? items[this.#at] : this.#within[missing - 1];
  }

  #count(x: number): void {
    const { items } = this.#view;
    if (x <= items[this.#at - 1]) {
      this.#before++;
    } else if (!(x > items[this.#at])) {
      // Past the last item, everything lies below.
      let i = this.#within.length;
      while (this.#within[i - 1] > x) i--;
      this.#within.splice(i, 0, x);
    }
  }

  #move(by: number, staged: Float64Array, from: number): void {
    this.#at += by;
    this.#before = 0;
    this.#within = [];
    for (let i = from; i < this.#seen; i++) this.#count(staged[i]);
  }
}
