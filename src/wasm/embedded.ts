/** A kernel whose bytes lie in the script, one Latin-1 character each, moved up by 40 (build/kernel.ts says why). */
import type { KernelExports } from './abi.js';

/** Compiles and instantiates it. Synchronous: it is below the limit for that, 8 MB on a page's main thread from Chrome 115 on, 4 KB before. */
export function instantiateEmbedded(bytes: string): KernelExports {
  // A plain loop takes 0.6 ms of a process's first sketch, Uint8Array.from 2.
  const binary = new Uint8Array(bytes.length);
  for (let i = 0; i < binary.length; i++) binary[i] = bytes.charCodeAt(i) - 40;
  return new WebAssembly.Instance(new WebAssembly.Module(binary)).exports as unknown as KernelExports;
}
