/**
 * The sole owner of the kernel: instantiates it on first use, grows its memory, and renews the views when the
 * buffer changes. A call into the kernel is an unbroken sequence load .. save; nobody else's code runs in between.
 */
import { instantiateKernel, Takes } from '#kernel';
import { SketchRuntimeError } from '../core/errors.js';
import { F64, HEADER_SLOTS, INPUT, INPUT_VALUES, type KernelExports, U32 } from './abi.js';

/** A durable state: items right-aligned, the header behind them. `core/state.ts` says what it means. */
export interface KernelState {
  /** The whole block as f64: free space, items, header. */
  f64: Float64Array;
  /** Items in it. */
  retained: number;
  /** When it was saved last: until the next turn its items are still in their window. */
  turn?: number;
}

/** Items that a level window holds at most: with its views they stay below 2^31 bytes. */
const MOST_SLOTS = 2 ** 25;
/** How a compact image begins. */
const MAGIC = 0xc7;
/** Bytes of an image whose items, beside a header, the input window holds (assembly/image.ts). */
const LONGEST_IMAGE = 8 * INPUT_VALUES;

/** Grows with every use of the windows: whoever comes back to them sees whether others used them meanwhile. */
export let turn = 0;

export class Kernel {
  /** The memory as f64, and the input window in it. Renewed by `load` and `absorb`. */
  f64: Float64Array;
  /** First slot of the header. */
  #header = 0;
  /** Items that the level window was given room for. */
  #slots = 0;

  constructor(readonly exports: KernelExports) {
    this.f64 = new Float64Array(exports.memory.buffer);
  }

  /** Makes room for `slots` items. What lies in the windows is lost. */
  #reserve(slots: number): void {
    const { exports } = this;
    if (slots > this.#slots) {
      turn++;
      this.grow(slots > MOST_SLOTS ? Infinity : exports.memoryFor(slots));
      this.#header = exports.reserve(slots) >> 3;
      this.#slots = slots;
    }
    this.grow(0);
  }

  /**
   * Grows the memory to `bytes` at least, and renews the view.
   * @throws SketchRuntimeError ERR_WASM_MEMORY
   */
  grow(bytes: number): void {
    const { memory } = this.exports;
    const missing = bytes - memory.buffer.byteLength;
    try {
      if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    } catch (cause) {
      throw refusedMemory(`${missing} more`, cause);
    }
    if (this.f64.buffer !== memory.buffer) {
      turn++;
      this.f64 = new Float64Array(memory.buffer);
    }
  }

  /** Copies a state in as the source of a merge into the open one, and takes it. */
  absorb({ f64 }: KernelState): void {
    const at = this.exports.sourceAddress();
    this.grow(at + f64.byteLength);
    this.f64.set(f64, at >> 3);
    this.exports.absorb(at + (f64.length - HEADER_SLOTS) * 8);
  }

  /**
   * Copies a state in and opens it.
   * @param extra items that the call may add before it compacts
   */
  load(state: KernelState, extra: number): void {
    const slots = state.f64.length - HEADER_SLOTS;
    this.#reserve(slots + extra);
    // What it holds is copied in, or, where nobody used the kernel meanwhile, the header alone: a sixth of the time of a merge.
    const from = turn++ === state.turn ? slots : 0;
    this.f64.set(state.f64.subarray(from), this.#header - slots + from);
    this.exports.open();
  }

  /** Closes the open state and copies out what changed: high levels seldom do, and end where the header begins. */
  save(state: KernelState): void {
    const { f64 } = this;
    const retained = this.exports.close();
    const header = this.#header;
    let slots = state.f64.length - HEADER_SLOTS;
    let end = f64[header + F64.changed];
    // Room for a quarter more saves most of the renewals while a sketch still grows.
    if (slots < retained || slots > 2 * retained + 64) {
      slots = retained + (retained >> 2) + 8;
      state.f64 = new Float64Array(slots + HEADER_SLOTS);
      end = header;
    }
    const block = state.f64;
    // Without what is there already, one of many merges into a sketch of k = 1024 takes four fifths of the time.
    block.set(f64.subarray(header - retained, end), slots - retained);
    block.set(f64.subarray(header, header + HEADER_SLOTS), slots);
    state.retained = retained;
    state.turn = turn;
  }

  /**
   * The view of the open state and of the first `staged` values of the input window: items, then cumulative weights.
   * Copied out, or where it lies until the next turn.
   */
  view({ retained }: KernelState, staged: number, copied: boolean): Float64Array {
    const at = this.exports.view(staged) >> 3;
    return this.f64[copied ? 'slice' : 'subarray'](at, at + 2 * (retained + staged));
  }
}

/**
 * What copies compact images in as sources of a merge into the open state, and takes them: each call returns the n of
 * one, or 0 with nothing changed when it is the caller's to decode, or to refuse. Undefined in pages.
 */
export function imageTaker(kernel: Kernel): ((image: Uint8Array, maxK: number) => number) | undefined {
  if (!Takes.images) return undefined;
  return (image, maxK) => {
    const header = decodeIn(kernel, image);
    if (!header || new Uint32Array(kernel.f64.buffer, header)[U32.k] > maxK) return 0;
    kernel.exports.absorb(header);
    return kernel.f64[header / 8 + F64.n];
  };
}

/**
 * Decodes a compact image, while a state may be open. What the image says of a state is left out.
 * @returns the block of a state, its items before its header; undefined when it is the caller's to decode, or to refuse
 */
export function blockOfImage(image: Uint8Array): Float64Array | undefined {
  const decoding = kernel();
  const header = decodeIn(decoding, image);
  // Min and max lie before the items as well.
  return header ? decoding.f64.slice(INPUT + 2, header / 8 + HEADER_SLOTS) : undefined;
}

/** Copies an image in and decodes it. @returns the address of its header, or 0 */
function decodeIn(kernel: Kernel, image: Uint8Array): number {
  const { exports } = kernel;
  // Memory that was grown stays: none for what cannot be an image, or has more items than the input window.
  if (image[0] !== MAGIC || image.length > LONGEST_IMAGE || !exports.decodeImage) return 0;
  turn++;
  const at = exports.sourceAddress();
  // The kernel sees that a stream was too short when it has read all items, of 64 bits each at most.
  kernel.grow(at + image.length + 8 * INPUT_VALUES + 8);
  new Uint8Array(kernel.f64.buffer).set(image, at);
  return exports.decodeImage(at, image.length);
}

const refusedMemory = (bytes: unknown, cause: unknown) =>
  new SketchRuntimeError('ERR_WASM_MEMORY', `this host refuses ${bytes} bytes of memory`, { cause });

let shared: Kernel | undefined;
let provide: () => KernelExports = instantiateKernel;

/**
 * The kernel of this process.
 * @throws SketchRuntimeError ERR_WASM_REFUSED, ERR_WASM_UNSUPPORTED
 */
export function kernel(): Kernel {
  return (shared ??= instantiate());
}

/** Whether the kernel was instantiated. */
export function isInstantiated(): boolean {
  return !!shared;
}

/** Has the next first use take its kernel elsewhere, and drops the present kernel. For entries and tests. */
export function provideKernel(source: () => KernelExports): void {
  provide = source;
  shared = undefined;
}

function instantiate(): Kernel {
  try {
    return new Kernel(provide());
  } catch (cause) {
    if (cause instanceof SketchRuntimeError) throw cause;
    // Hosts that refuse say so in words alone: Content-Security-Policy, or an embedder's ban on code generation. Chrome before
    // 115 compiles no more than 4 KB on the main thread.
    const words = String(cause);
    if (/memory/i.test(words)) throw refusedMemory("the kernel's", cause);
    throw /secur|policy|eval|csp|disallowed(?!.*main thread)/i.test(words)
      ? new SketchRuntimeError(
          'ERR_WASM_REFUSED',
          "this host refuses WebAssembly: allow script-src 'wasm-unsafe-eval', or keep to 1024 values a sketch",
          { cause },
        )
      : new SketchRuntimeError(
          'ERR_WASM_UNSUPPORTED',
          'this host lacks WebAssembly with SIMD (Chrome 115, Firefox 92, Safari 16.4), or took this script for no UTF-8',
          { cause },
        );
  }
}

export { INPUT_VALUES };
