/** What a compaction does to runs of items: sorting, halving, merging. */

/** Keeps every second item, in the lower half of the range. */
export function halveDown(items: Float64Array, begin: number, half: number, offset: number): void {
  for (let i = 0, from = begin + offset; i < half; i++, from += 2) items[begin + i] = items[from];
}

/** Keeps every second item, in the upper half of the range. */
export function halveUp(items: Float64Array, begin: number, half: number, offset: number): void {
  const last = begin + 2 * half - 1;
  for (let i = 0, from = last - offset; i < half; i++, from -= 2) items[last - i] = items[from];
}

/**
 * Merges a kept lower half with the level above, in place, right behind the kept half: the `half` slots freed by
 * halving lie between the two inputs, so the output never overtakes what is still to be read. On ties the upper
 * level's item goes first.
 */
export function mergeUp(items: Float64Array, low: number, half: number, high: number, above: number): void {
  const lowEnd = low + half;
  const highEnd = high + above;
  let to = lowEnd;
  while (low < lowEnd && high < highEnd)
    items[to++] = items[low] < items[high] ? items[low++] : items[high++];
  while (low < lowEnd) items[to++] = items[low++];
  while (high < highEnd) items[to++] = items[high++];
}

/** Two ascending runs as one; on ties the second's item goes first. */
export function mergeSorted(first: Float64Array, second: Float64Array): Float64Array {
  const merged = new Float64Array(first.length + second.length);
  let i = 0;
  let j = 0;
  for (let to = 0; to < merged.length; to++) {
    merged[to] = j >= second.length || (i < first.length && first[i] < second[j]) ? first[i++] : second[j++];
  }
  return merged;
}

const RUN = 24;
let scratch = new Float64Array(1024);

/** Sorts items[begin..end): insertion sort for short ranges, else a merge sort of short runs. */
export function sortRange(items: Float64Array, begin: number, end: number): void {
  for (let run = begin; run < end; run += RUN) insertionSort(items, run, Math.min(run + RUN, end));
  const length = end - begin;
  if (length <= RUN) return;
  if (scratch.length < length) scratch = new Float64Array(length);
  for (let width = RUN; width < length; width *= 2) {
    for (let low = begin; low + width < end; low += 2 * width) {
      const middle = low + width;
      const high = Math.min(middle + width, end);
      if (items[middle - 1] <= items[middle]) continue;
      for (let i = 0; i < width; i++) scratch[i] = items[low + i];
      let i = 0;
      let j = middle;
      let to = low;
      while (i < width && j < high) items[to++] = items[j] < scratch[i] ? items[j++] : scratch[i++];
      while (i < width) items[to++] = scratch[i++];
    }
  }
}

function insertionSort(items: Float64Array, begin: number, end: number): void {
  for (let i = begin + 1; i < end; i++) {
    const x = items[i];
    let j = i - 1;
    while (j >= begin && items[j] > x) {
      items[j + 1] = items[j];
      j--;
    }
    items[j + 1] = x;
  }
}
