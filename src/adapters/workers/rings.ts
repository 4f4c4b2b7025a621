/** Which rings of a tenant still matter, after they were followed by others. */
import type { RingVersion } from './contract.js';
import { MAX_FUTURE_MS } from './limits.js';

/** Workers that have not heard of a change yet go by the ring before it. */
const UNHEARD_MS = 3_600_000;

/**
 * How long after a ring was followed by another one an id may be known that was taken under it: a sender's clock may be
 * ahead, and the window goes by that clock.
 */
export function idsOutlive(windowMs: number): number {
  return windowMs + MAX_FUTURE_MS + UNHEARD_MS;
}

/**
 * Rings that still matter: the newest, those under which ids were taken that may be known, or batches that may wait to be
 * handed over (for two windows), and those with objects that no later ring has.
 */
export function neededRings(rings: readonly RingVersion[], windowMs: number, now: number): RingVersion[] {
  const since = now - Math.max(idsOutlive(windowMs), 2 * windowMs);
  return rings.filter((ring, i) => {
    const later = rings.slice(i + 1);
    if (later.length === 0 || later[0].since > since) return true;
    return !later.some(({ ingest, series }) => ingest >= ring.ingest && series >= ring.series);
  });
}
