/** Takes batches of one tenant, merges them per series, and hands them to the objects that own the series. */
import { DurableObject } from 'cloudflare:workers';
import type { EdgeBindings } from './bindings.js';
import type { CounterDelta, IngestCalls, ObjectCounters } from './contract.js';
import { CounterTable } from './object-counters.js';

export class IngestObject
  extends DurableObject<EdgeBindings>
  implements Pick<IngestCalls, 'counters' | 'count'>
{
  readonly #counters: CounterTable;

  constructor(ctx: DurableObjectState, env: EdgeBindings) {
    super(ctx, env);
    this.#counters = new CounterTable(ctx.storage.sql);
  }

  async counters(): Promise<ObjectCounters> {
    return { counters: this.#counters.read(), gauges: [] };
  }

  async count(deltas: readonly CounterDelta[]): Promise<void> {
    this.ctx.storage.transactionSync(() => this.#counters.addAll(deltas));
  }
}
