/** What is measured: the built bundle, as a user imports it. `KLL_BENCH_LIB` names another build's dist. */
import { pathToFileURL } from 'node:url';
import type * as formats from '../../src/formats.js';
import type * as core from '../../src/index.js';

export type { KllSketch } from '../../src/index.js';

type Entry<Name> = Name extends 'index' ? typeof core : typeof formats;

/** The folder of the build: bench runs from the project's root. */
export const DIST = process.env.KLL_BENCH_LIB ?? `${process.cwd()}/dist`;

export async function entry<Name extends 'index' | 'formats'>(name: Name): Promise<Entry<Name>> {
  return (await import(pathToFileURL(`${DIST}/lib/${name}.js`).href)) as Entry<Name>;
}
