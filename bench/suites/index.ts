/** Every group of the benchmark of ours. */
import type { Group } from '../support/case.js';
import { ADD } from './add.js';
import { EXTEND } from './extend.js';
import { MEMORY } from './memory.js';
import { MERGE } from './merge.js';
import { OWN } from './own.js';
import { QUANTILE } from './quantile.js';
import { START } from './start.js';
import { WIRE } from './wire.js';

export const GROUPS: Group[] = [...ADD, ...EXTEND, ...MERGE, ...QUANTILE, ...WIRE, ...MEMORY, ...START];
/** Groups that need `--data`. */
export const OWN_GROUPS = OWN;
