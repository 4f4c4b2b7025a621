import type { Scenario } from '../scenario.js';
import { bounds } from './bounds.js';
import { compact, condensed } from './condensed.js';
import { foreign } from './foreign.js';
import { hostile } from './hostile.js';
import { merging, smallLeaves } from './merging.js';
import { mixtures } from './mixtures.js';
import { growth, range } from './ranges.js';
import { streaming } from './streaming.js';
import { chains, cycles, trees } from './trees.js';
import { waysIn } from './ways-in.js';

/** What is stated, with its target; docs/accuracy.md shows them. */
const STATED: readonly Scenario[] = [
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

/** What the bounds were fitted to, and what an Apache library makes of our images: run by name. */
const ASKED_FOR: readonly Scenario[] = [bounds, range, growth, mixtures, waysIn, foreign].map((scenario) => ({
  ...scenario,
  named: true,
}));

export const SCENARIOS: readonly Scenario[] = [...STATED, ...ASKED_FOR];
