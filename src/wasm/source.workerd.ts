/** Where the kernel's module comes from on workerd, which compiles no bytes at run time but imports modules. */
import module from '../../dist/kernel/release.wasm';

export function kernelModule(): WebAssembly.Module {
  return module;
}
