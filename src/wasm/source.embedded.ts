/** Where the kernel's module comes from by default: its bytes lie in the script, one Latin-1 character each. */
import { bytes } from '../../dist/kernel/release.latin1.js';

/** Compiles the kernel. Synchronous: the module is far below every engine's limit for that. */
export function kernelModule(): WebAssembly.Module {
  return new WebAssembly.Module(Uint8Array.from(bytes, (c) => c.charCodeAt(0)));
}
