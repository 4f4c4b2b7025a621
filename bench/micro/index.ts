/** Paths of a value, and every technique that is measured with and without. */
import { INGESTION } from './ingestion.js';
import { PATHS } from './paths.js';
import { SORTING } from './sorting.js';
import { STATES } from './states.js';
import type { Technique } from './technique.js';

export const TECHNIQUES: Technique[] = [...SORTING, ...INGESTION, ...STATES];
export { PATHS };
