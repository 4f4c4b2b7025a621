/**
 * The library as Node, Deno and Bun load it: a sketch that is logged shows what it says, not how it holds it; telemetry
 * is on from the first sketch where the environment asks for it (KLL_TELEMETRY=1), and only there is anything of it
 * loaded, so that importing costs the same as elsewhere.
 */
import { ambient } from './core/notify.js';
import type { SketchObserver } from './core/observer.js';
import type * as Metrics from './metrics/index.js';
import { KllSketch } from './sketch/sketch.js';

export * from './index.js';

// What console.log asks for, by the name that these hosts share. No question here: it would be told to an observer.
Object.defineProperty(KllSketch.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(
    this: KllSketch,
    _depth: number,
    options: object,
    inspect?: (shown: object, options: object) => string,
  ) {
    const { k, tails, n, min, max, mean, numRetained } = this;
    const shown = { k, tails, n, min, max, mean, numRetained, rankError: this.rankError() };
    return inspect ? `KllSketch ${inspect(shown, options)}` : shown;
  },
});

interface Require {
  (file: string): typeof Metrics;
  resolve(file: string): string;
}

interface Host {
  process?: {
    env: Readonly<Record<string, string | undefined>>;
    getBuiltinModule?(name: 'node:module'): { createRequire(from: string): Require };
  };
  Deno?: { permissions: { querySync(wanted: { name: 'env'; variable: string }): { state: string } } };
}

const { process, Deno } = globalThis as Host;
// Deno would ask its user for what was not granted.
const mayRead = Deno?.permissions.querySync({ name: 'env', variable: 'KLL_TELEMETRY' }).state ?? 'granted';
if (mayRead === 'granted' && process?.env.KLL_TELEMETRY === '1') {
  const set = (value: SketchObserver | undefined) =>
    Object.defineProperty(ambient, 'observer', { value, writable: true });
  Object.defineProperty(ambient, 'observer', {
    configurable: true,
    set,
    get() {
      set(undefined);
      try {
        // At once, for the sketch that is being made: nothing here may be awaited.
        const require = process.getBuiltinModule!('node:module').createRequire(import.meta.url);
        const file = require.resolve('./metrics.js');
        // Beside a bundle lies what its program calls so.
        if (file !== require.resolve('kll-wasm/metrics')) throw new Error(`${file} is not ours`);
        require(file).startTelemetryFromEnvironment();
      } catch {
        // A bundle, or a host that cannot require modules: sketches made in this turn of its loop are not watched.
        void import('./metrics/index.js').then((metrics) => metrics.startTelemetryFromEnvironment());
      }
      return ambient.observer;
    },
  });
}
