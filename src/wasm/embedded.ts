/** A kernel whose bytes lie in the script, one Latin-1 character each, moved up by 40 (build/kernel.ts says why). */
import type { KernelExports } from './abi.js';

/** Compiles and instantiates it. Synchronous: it is far below every engine's limit for that. */
export function instantiateEmbedded(bytes: string): KernelExports {
  const module = new WebAssembly.Module(Uint8Array.from(bytes, (c) => c.charCodeAt(0) - 40));
  return new WebAssembly.Instance(module).exports as unknown as KernelExports;
}
