/**
 * One question to a state without a view of it: all levels are searched at once, a few items of each, where a view merges them
 * all. No kernel, and nothing allocated.
 */
import { F64, HEADER_SLOTS, U32 } from '../wasm/abi.js';
import { MAX_LEVELS } from './image.js';
import type { SketchState } from './state.js';

/** Of each level, between which slots the answer is looked for, and where what was compared last would stand. */
const begins = new Uint32Array(MAX_LEVELS);
const ends = new Uint32Array(MAX_LEVELS);
const places = new Uint32Array(MAX_LEVELS);

function allOf({ f64, word, retained }: SketchState): void {
  let at = f64.length - HEADER_SLOTS - retained;
  for (let level = 0; level < word[U32.levels]; level++) {
    begins[level] = at;
    ends[level] = at += word[U32.sizes + level];
  }
}

/** The weight of what is <= x (inclusive) or < x, of what is looked at; `places` are where it ends. */
function weigh({ f64, word }: SketchState, x: number, inclusive: boolean): number {
  let weight = 0;
  for (let level = 0, unit = 1; level < word[U32.levels]; level++, unit *= 2) {
    let place = begins[level];
    for (let length = ends[level] - place; length > 0; ) {
      const half = (length + 1) >>> 1;
      const y = f64[place + half - 1];
      place = (inclusive ? y <= x : y < x) ? place + half : place;
      length -= half;
    }
    places[level] = place;
    weight += (place - begins[level]) * unit;
  }
  return weight;
}

/** The share of values <= x (inclusive) or < x. */
export function searchRank(state: SketchState, x: number, inclusive: boolean): number {
  allOf(state);
  return weigh(state, x, inclusive) / state.real[F64.n];
}

/**
 * The first item, of all levels in order, up to which the weight is at least `target`.
 * @param target an integer from 1 to n
 */
export function searchItem(state: SketchState, target: number): number {
  const { f64, word } = state;
  allOf(state);
  // The weight of what is below all candidates, and of that and theirs.
  let below = 0;
  let upTo = state.real[F64.n];
  for (let round = 0; ; round++) {
    let heaviest = 0;
    let most = 0;
    for (let level = 0, unit = 1; level < word[U32.levels]; level++, unit *= 2) {
      const weight = (ends[level] - begins[level]) * unit;
      if (weight > most) {
        most = weight;
        heaviest = level;
      }
    }
    // A level is a sample of all values: the answer lies about where its share of the weight says. Two rounds are enough
    // for most, seven where tails are protected and levels differ; whatever takes longer is halved.
    const share = round < 8 ? (target - below - 1) / (upTo - below) : 0.5;
    const pivot = f64[begins[heaviest] + Math.trunc((ends[heaviest] - begins[heaviest]) * share)];
    const less = below + weigh(state, pivot, false);
    if (less >= target) {
      upTo = less;
      ends.set(places);
    } else {
      // Not less than the pivot: the pivot itself, or above all that equal it.
      below += weigh(state, pivot, true);
      if (below >= target) return pivot;
      begins.set(places);
    }
  }
}
