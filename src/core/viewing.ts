/** What a sketch answers from: a search of its levels, a view of them, or a view and what was staged since. */
import { Accumulator } from './accumulator.js';
import { Cursor } from './cursor.js';
import { buildView } from './engine.js';
import { NO_VALUES } from './image.js';
import { searchItem, searchRank } from './search-levels.js';
import { SortedView, targetOf } from './sorted-view.js';

/** Ranks whose place is remembered. */
const CURSORS = 8;

export class Viewing extends Accumulator {
  /** Staged values when the view was built. */
  #viewStaged = -1;
  /** Places of ranks that are asked for again and again; negative keys are exclusive. */
  #cursors: Cursor[] = [];

  /**
   * The quantile of a rank, for a sketch that is not empty.
   * @param alone whether no other question comes with it
   */
  protected quantileOf(rank: number, inclusive: boolean, alone: boolean): number {
    if (rank === 0) return this.min;
    if (rank === 1) return this.max;
    const target = targetOf(rank, this.n, inclusive);
    const view = this.viewed;
    return view && this.#viewStaged === this.staged && !view.isLost
      ? view.itemAt(target)
      : this.#itemAt(target, inclusive ? rank : -rank, alone);
  }

  /** The item of a target where there is no view of all values yet. Apart, so that the path above is compiled as a whole. */
  #itemAt(target: number, key: number, alone: boolean): number {
    const { staged, viewed: view } = this;
    const from = this.#viewStaged;
    // Values were staged since the view was built, fewer than it holds: it need not be built again.
    if (view && !view.isLost && staged - from <= view.n) {
      // A few numbers are compared in half the time in which a Map hashes one.
      let cursor = this.#cursors.find((other) => other.key === key);
      if (!cursor) {
        if (this.#cursors.length === CURSORS) this.#cursors = [];
        this.#cursors.push((cursor = new Cursor(key, view, from, target)));
      }
      return cursor.find(target, this.staging, from, staged);
    }
    return alone && this.#isFirst() ? searchItem(this.state, target) : this.view.itemAt(target);
  }

  /** The share of values <= x (inclusive) or < x, for a sketch that is not empty. */
  protected rankOf(x: number, inclusive: boolean, alone: boolean): number {
    if (alone && this.#isFirst()) return searchRank(this.state, x, inclusive);
    return this.view.rank(x, inclusive);
  }

  /** Whether a question is the first after a change: it may be the last, and a view takes four times as long. */
  #isFirst(): boolean {
    if (this.viewed !== undefined || this.staged || !this.levels) return false;
    this.viewed = null;
    return true;
  }

  /** The sorted view of everything, staged values included; changes nothing. Not for an empty sketch. */
  protected get view(): SortedView {
    // Who asks again after others were asked gets a view that stays.
    const view = this.viewed;
    const lost = !!view?.isLost;
    if (view && !lost && this.#viewStaged === this.staged) return view;
    const staged = this.staged ? this.staging.slice(0, this.staged) : NO_VALUES;
    this.#viewStaged = this.staged;
    this.#cursors = [];
    return (this.viewed = this.levels
      ? buildView(this.state, staged, this.min, this.max, lost)
      : SortedView.ofValues(staged));
  }
}
