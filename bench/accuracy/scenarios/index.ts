import type { Scenario } from '../context.js';
import { bounds } from './bounds.js';
import { condensed } from './condensed.js';
import { foreign } from './foreign.js';
import { hostile } from './hostile.js';
import { chains, cycles, merging, mixtures, smallLeaves, trees } from './merging.js';
import { growth, range, strict } from './strict.js';

export const SCENARIOS: readonly Scenario[] = [
  strict,
  condensed,
  merging,
  smallLeaves,
  trees,
  cycles,
  chains,
  mixtures,
  hostile,
  foreign,
  growth,
  range,
  bounds,
];
