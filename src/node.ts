/**
 * The library as Node loads it: telemetry is on where the environment asks for it (KLL_TELEMETRY=1), and only there is
 * anything of it loaded, so that importing costs the same as elsewhere.
 */
import type * as Metrics from './metrics/index.js';

export * from './index.js';

interface Host {
  process?: {
    env: Readonly<Record<string, string | undefined>>;
    getBuiltinModule?(name: 'node:module'): { createRequire(from: string): (file: string) => typeof Metrics };
  };
  Deno?: { permissions: { querySync(wanted: { name: 'env'; variable: string }): { state: string } } };
}

const { process, Deno } = globalThis as Host;
// Deno would ask its user for what was not granted.
const mayRead = Deno?.permissions.querySync({ name: 'env', variable: 'KLL_TELEMETRY' }).state ?? 'granted';
if (mayRead === 'granted' && process?.env.KLL_TELEMETRY === '1') {
  try {
    // At once, before the first sketch: an awaited import would keep the library from being required.
    const require = process.getBuiltinModule!('node:module').createRequire(import.meta.url);
    require('./metrics.js').startTelemetryFromEnvironment();
  } catch {
    // A host that cannot require modules: sketches made in this turn of its loop are not watched.
    void import('./metrics/index.js').then((metrics) => metrics.startTelemetryFromEnvironment());
  }
}
