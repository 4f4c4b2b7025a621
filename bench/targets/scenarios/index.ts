import type { Scenario } from '../scenario.js';
import { compact, condensed } from './condensed.js';
import { hostile } from './hostile.js';
import { merging, smallLeaves } from './merging.js';
import { streaming } from './streaming.js';
import { chains, cycles, trees } from './trees.js';

export const SCENARIOS: readonly Scenario[] = [
  streaming,
  condensed,
  compact,
  merging,
  smallLeaves,
  trees,
  chains,
  cycles,
  hostile,
];
