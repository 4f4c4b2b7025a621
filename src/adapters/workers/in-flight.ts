/**
 * How many do something at once. The platform may end a request without a word, and its `finally` never runs: a place is
 * nobody's after a minute, or such requests would take all of them for good.
 */
const LONGEST_MS = 60_000;

/** A place, by when it was taken. */
export interface Place {
  readonly since: number;
}

export class InFlight {
  /** In order of their taking. */
  readonly #places = new Set<Place>();

  get count(): number {
    const before = Date.now() - LONGEST_MS;
    for (const place of this.#places) {
      if (place.since > before) break;
      this.#places.delete(place);
    }
    return this.#places.size;
  }

  begin(): Place {
    const place = { since: Date.now() };
    this.#places.add(place);
    return place;
  }

  end(place: Place): void {
    this.#places.delete(place);
  }
}
