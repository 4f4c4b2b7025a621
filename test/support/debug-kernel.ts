/** Set-up of the debug project: every sketch runs on the kernel with assertions, loaded so that its aborts can be read. */
import { readFileSync } from 'node:fs';
import { instantiateSync } from '@assemblyscript/loader';
import type { KernelExports } from '../../src/wasm/abi.js';
import { provideKernel } from '../../src/wasm/kernel.js';

const bytes = readFileSync(new URL('../../dist/kernel/debug.wasm', import.meta.url));
provideKernel(() => instantiateSync(bytes, {}).exports as unknown as KernelExports);
