/**
 * How many do something at once. The platform may end a request without a word, and its `finally` never runs: a place is
 * nobody's after a minute, or such requests would take all of them for good.
 */
const LONGEST_MS = 60_000;

/** A place, by when it was taken. */
export interface Place {
  readonly since: number;
}

export class InFlight<P extends Place = Place> {
  /** In order of their taking. */
  readonly #places = new Set<P>();
  readonly #left: (place: P) => void;

  /** @param left told of each place that is given back, or nobody's any more */
  constructor(left: (place: P) => void = () => {}) {
    this.#left = left;
  }

  get count(): number {
    const before = Date.now() - LONGEST_MS;
    for (const place of this.#places) {
      if (place.since > before) break;
      this.end(place);
    }
    return this.#places.size;
  }

  /** @param place taken now */
  begin(place: P): P {
    this.#places.add(place);
    return place;
  }

  has(place: P): boolean {
    return this.#places.has(place);
  }

  /** Once or more often. */
  end(place: P): void {
    if (this.#places.delete(place)) this.#left(place);
  }
}
