import { describe, expect, it } from 'vitest';
import { beaconBytes, FULL_VIEW, LONG, PAGE_VIEW } from '../../bench/support/beacon-loads.js';

/** Phase and coin of what is condensed are drawn: enough draws for each of their eight pairs. */
const DRAWS = 100;
const largest = (load: typeof LONG, tails: 0 | 1) =>
  Math.max(...Array.from({ length: DRAWS }, () => beaconBytes(load, tails)));

describe('a whole beacon, key and labels included', () => {
  it('of a page view has at most 900 bytes', () => {
    expect(beaconBytes(PAGE_VIEW, 1)).toBeLessThanOrEqual(900);
    expect(beaconBytes(FULL_VIEW, 1)).toBeLessThanOrEqual(900);
  });

  it('of 1000 values at 0.1 ms has at most 430 bytes with tails high, 330 with none, however it is drawn', () => {
    expect(largest(LONG, 1)).toBeLessThanOrEqual(430);
    expect(largest(LONG, 0)).toBeLessThanOrEqual(330);
  });
});
