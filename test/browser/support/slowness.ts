/** How much slower a page runs now than the machine that aims in milliseconds are meant for. */
import type { Page } from 'playwright-core';
import { STEPS_PER_MS } from '../../support/known-work.js';

const MS = 10;
const RUNS = 10;

/**
 * By work of always the same length, done in the page: the least of some runs, for what else the machine does adds to each.
 * @returns 1 on a quiet machine or a faster one, 2 where everything takes twice as long
 */
export async function slownessOf(page: Page): Promise<number> {
  const ms = await page.evaluate(
    ([steps, runs]) => {
      let least = Infinity;
      for (let run = 0; run < runs; run++) {
        const start = performance.now();
        let x = run;
        for (let i = 0; i < steps; i++) x = (Math.imul(x, 1_664_525) + 1_013_904_223) | 0;
        // The result is used, or nothing need be computed.
        if (Number.isInteger(x)) least = Math.min(least, performance.now() - start);
      }
      return least;
    },
    [MS * STEPS_PER_MS, RUNS] as const,
  );
  return Math.max(1, ms / MS);
}
