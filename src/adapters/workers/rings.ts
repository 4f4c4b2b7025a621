/** The rings of a tenant: which decides where a batch goes, and which still matter after they were followed by others. */
import type { RingVersion, TenantConfig } from './contract.js';
import { MAX_FUTURE_MS } from './limits.js';
import { objectName, slotOf } from './series-key.js';

/** Workers that have not heard of a change yet go by the ring before it. */
const UNHEARD_MS = 3_600_000;

/** The newest of rings, which decides where a batch goes. */
export function newestRing(rings: readonly RingVersion[]): RingVersion {
  return rings[rings.length - 1];
}

/** The object a batch goes to by the newest ring. */
export function ownerOf({ tenant, rings }: TenantConfig, batchId: Uint8Array): string {
  return objectName('ingest', tenant, slotOf(batchId, newestRing(rings).ingest));
}

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
