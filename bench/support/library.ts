/** What is measured: the built bundle, as a user imports it. `KLL_BENCH_LIB` names another build's dist. */
import { pathToFileURL } from 'node:url';
import type * as formats from '../../src/formats.js';
import type * as core from '../../src/index.js';
import type * as metrics from '../../src/metrics/index.js';

export type { KllSketch } from '../../src/index.js';

interface Entries {
  index: typeof core;
  formats: typeof formats;
  metrics: typeof metrics;
}

/** The folder of the build: bench runs from the project's root. */
export const DIST = process.env.KLL_BENCH_LIB ?? `${process.cwd()}/dist`;

export async function entry<Name extends keyof Entries>(name: Name): Promise<Entries[Name]> {
  return (await import(pathToFileURL(`${DIST}/lib/${name}.js`).href)) as Entries[Name];
}

/** The main entry as a page's bundler takes it: its kernel leaves images to JavaScript. */
export async function pageEntry(): Promise<typeof core> {
  return (await import(pathToFileURL(`${DIST}/browser/index.js`).href)) as typeof core;
}
