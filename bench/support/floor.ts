/** The floor and the sort that every figure is set against, measured in the same process on the same data. */
import { readFileSync } from 'node:fs';
import { type Effort, nanosecondsOf } from './measure.js';

/** Values copied at a time, as the sketch does it. */
const CHUNK = 16384;

interface FloorExports {
  memory: WebAssembly.Memory;
  inputAddress(): number;
  scan(count: number): number;
}

let floor: FloorExports | undefined;

function instantiate(): FloorExports {
  const bytes = readFileSync(`${process.cwd()}/dist/bench/floor.wasm`);
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as unknown as FloorExports;
}

/** Copies values into WebAssembly and scans them with SIMD. */
export function copyAndScan(values: Float64Array): () => number {
  floor ??= instantiate();
  const { memory, inputAddress, scan } = floor;
  const window = new Float64Array(memory.buffer, inputAddress(), CHUNK);
  const count = values.length & ~3;
  return () => {
    let finite = 1;
    for (let at = 0; at < count; at += CHUNK) {
      const part = values.subarray(at, Math.min(at + CHUNK, count));
      window.set(part);
      finite &= scan(part.length);
    }
    return finite;
  };
}

/** Nanoseconds a value to copy values into WebAssembly and scan them with SIMD. */
export function floorOf(values: Float64Array, effort: Effort): number {
  return nanosecondsOf(copyAndScan(values), Math.max(1, values.length & ~3), effort).median;
}

/** Values that are sorted at most: a sort of more takes minutes, and grows with the logarithm alone. */
export const SORTED_AT_MOST = 4e6;

/** Nanoseconds a value that Float64Array.sort takes on a copy of these values (of the first 4e6). */
export function sortOf(values: Float64Array, effort: Effort): number {
  const some = values.subarray(0, SORTED_AT_MOST);
  const scratch = new Float64Array(some.length);
  const once = some.length > 3e5 ? { seconds: 0.01, samples: 2 } : effort;
  const sort = () => {
    scratch.set(some);
    return scratch.sort();
  };
  return nanosecondsOf(sort, Math.max(1, some.length), once).median;
}
