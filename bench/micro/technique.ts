/** What is measured in variants, in turn: a technique beside what it replaced, or a path step by step. */
import type { Alternated, Variant } from '../support/alternate.js';

export interface Technique {
  name: string;
  /** What one measurement is of: an item, a block, a call. */
  unit: string;
  /** What is seen, in a sentence. */
  what: string;
  /** The technique first, or the floor: ratios are to it. */
  prepare(seed: number): Promise<{ per: number; variants: Variant[] }> | { per: number; variants: Variant[] };
}

export interface TechniqueResult {
  name: string;
  unit: string;
  what: string;
  variants: Alternated[];
}
