/** Where the kernel comes from on workerd, which compiles no bytes at run time but imports modules. */
import module from '../../dist/kernel/release.wasm';
import type { KernelExports } from './abi.js';

export enum Takes {
  images = 1,
}

export function instantiateKernel(): KernelExports {
  return new WebAssembly.Instance(module).exports as unknown as KernelExports;
}
