/** A tenant's settings, as a series object hears of them: with every hand-over, and when they change. */
import type { TenantConfig } from './contract.js';
import { planRetention } from './retention.js';
import type { SeriesStore } from './series-store.js';
import { planValidation } from './validation.js';

/** Inside a transaction: what the clock does goes by them from now on. */
export function heed(store: SeriesStore, config: TenantConfig, now: number): void {
  store.state.remember(config);
  planRetention(store, now);
  planValidation(store, now);
}
