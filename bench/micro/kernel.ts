/** The kernel with its steps exported (bench/assembly/steps.ts), and its windows as arrays. */
import { readFileSync } from 'node:fs';

interface StepsExports {
  memory: WebAssembly.Memory;
  inputAddress(): number;
  headerAddress(): number;
  headerBytes(): number;
  sourceAddress(): number;
  memoryFor(slots: number): number;
  slotCount(): number;
  open(): void;
  close(): number;
  extend(count: number): number;
  view(staged: number): number;
  beginAbsorb(): void;
  absorb(header: number): void;
  finishAbsorb(): void;
  sampleSources(on: boolean): void;
  begin(k: number, tails: number): void;
  scanStep(count: number): number;
  scanScalar(count: number): number;
  groupStep(count: number, slack: number): void;
  groupLearning(count: number, slack: number): void;
  groupInTurn(count: number, slack: number, apart: boolean): void;
  groupUnsafe(count: number): void;
  mergeSortStep(count: number): void;
  takeStep(count: number): void;
  ingestStep(count: number): void;
  cascadeStep(count: number): void;
  sortHalves(count: number): void;
  sortWithFew(count: number): void;
  insertPicks(count: number): void;
  mergePicks(count: number): void;
  mergeTwoEnds(count: number): void;
  mergeOneEnd(count: number): void;
  mergeByValue(count: number): void;
  sortBoth(count: number): void;
  cellsByHighWords(count: number): void;
  cellsByAllBits(count: number): void;
  viewInRounds(): number;
}

/** Values of the input window, and of a block (assembly/layout.ts). */
export const CHUNK = 16384;
export const BLOCK = 2048;

export class Steps {
  readonly call: StepsExports;
  readonly f64: Float64Array;
  /** The input window. */
  readonly input: Float64Array;

  constructor() {
    const module = new WebAssembly.Module(readFileSync('dist/bench/steps.wasm'));
    this.call = new WebAssembly.Instance(module).exports as unknown as StepsExports;
    const { memory } = this.call;
    const bytes = this.call.memoryFor(this.call.slotCount()) + (1 << 20);
    memory.grow(Math.max(0, (bytes - memory.buffer.byteLength + 65535) >> 16));
    this.f64 = new Float64Array(memory.buffer);
    this.input = new Float64Array(memory.buffer, this.call.inputAddress(), CHUNK);
    this.call.begin(200, 0);
  }

  /** A state that has taken `values` once, or again and again until it has taken `n`. */
  filled(k: number, values: Float64Array, n = values.length): this {
    this.call.begin(k, 0);
    for (let done = 0; done < n; done += CHUNK) {
      const from = done % values.length;
      const part = values.subarray(from, Math.min(from + CHUNK, values.length));
      this.input.set(part);
      this.call.extend(part.length);
    }
    return this;
  }

  /** Items of the state at hand and its header, as they lie in the memory. */
  state(): Float64Array {
    const retained = this.call.close();
    const header = this.call.headerAddress() >> 3;
    return this.f64.subarray(header - retained, header + (this.call.headerBytes() >> 3));
  }
}
