/**
 * Look-ups of ingest keys that this isolate has not seen: anybody may make up any number of them, and the one directory,
 * which answers for all tenants, would be asked for each. Keys that were seen are looked up without a bound.
 */
import { InFlight } from './in-flight.js';
import { busy } from './problem.js';

/** Under way in this isolate. */
const MOST_AT_ONCE = 200;
/** Found to be no keys, within a second: nobody mistypes so many. */
const MOST_UNKNOWN = 100;

const underWay = new InFlight();
let second = 0;
let unknown = 0;

/** @throws Problem 429 ERR_BUSY */
export async function lookUpNew<Key>(ask: () => Promise<Key | undefined>): Promise<Key | undefined> {
  if (underWay.count >= MOST_AT_ONCE || unknownOf(Date.now()) >= MOST_UNKNOWN) {
    throw busy('more unknown keys are looked up than there are; try again');
  }
  const place = underWay.begin({ since: Date.now() });
  try {
    const found = await ask();
    if (found === undefined) unknown = unknownOf(Date.now()) + 1;
    return found;
  } finally {
    underWay.end(place);
  }
}

/** So far within the second of `now`. */
function unknownOf(now: number): number {
  const current = Math.floor(now / 1000);
  if (current !== second) [second, unknown] = [current, 0];
  return unknown;
}
