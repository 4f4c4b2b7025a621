/**
 * The floor: what any ingestion into WebAssembly must do at least. The caller copies values to `inputAddress`, and
 * `scan` looks at each once for minimum, maximum and NaN.
 */
const INPUT: usize = 1024;

let low: f64 = Infinity;
let high: f64 = -Infinity;

export function inputAddress(): usize {
  return INPUT;
}

/** Whether `count` values (a multiple of 4) hold no NaN; minimum and maximum are kept. */
export function scan(count: i32): bool {
  let min0 = f64x2.splat(Infinity), min1 = min0;
  let max0 = f64x2.splat(-Infinity), max1 = max0;
  let bad = i64x2.splat(0);
  const end = INPUT + (<usize>count << 3);
  for (let at = INPUT; at < end; at += 32) {
    const x = v128.load(at);
    const y = v128.load(at, 16);
    min0 = f64x2.pmin(min0, x);
    min1 = f64x2.pmin(min1, y);
    max0 = f64x2.pmax(max0, x);
    max1 = f64x2.pmax(max1, y);
    bad = v128.or(bad, v128.or(f64x2.ne(x, x), f64x2.ne(y, y)));
  }
  min0 = f64x2.pmin(min0, min1);
  max0 = f64x2.pmax(max0, max1);
  low = Math.min(low, Math.min(f64x2.extract_lane(min0, 0), f64x2.extract_lane(min0, 1)));
  high = Math.max(high, Math.max(f64x2.extract_lane(max0, 0), f64x2.extract_lane(max0, 1)));
  return !v128.any_true(bad);
}

/** So that nothing of the scan is left out as unused. */
export function spread(): f64 {
  return high - low;
}
