/**
 * Exactly once, whatever is interleaved: senders that repeat, workers with an old ring, hand-overs that fail before or
 * after they were applied, objects that die, N and M that change. Truth is kept beside.
 */
import { abortAllDurableObjects } from 'cloudflare:test';
import { beforeEach, expect, it, vi } from 'vitest';
import type { TakeCall, TenantConfig } from '../../src/adapters/workers/contract.js';
import { newestRing } from '../../src/adapters/workers/rings.js';
import { objectNames, slotOf } from '../../src/adapters/workers/series-key.js';
import { type SeededRandom, seededRandom } from '../support/prng.js';
import {
  failHandOver,
  ingestObject,
  newId,
  passTime,
  pendingTotals,
  START,
  setClock,
  takeCall,
  tenantConfig,
} from './ingest/ground.js';
import { totals } from './ingest/totals.js';

const SEEDS = 24;
const STEPS = 60;

beforeEach(() => {
  setClock(START);
  vi.spyOn(console, 'error').mockImplementation(() => {});
});

interface Sent {
  call: TakeCall;
  n: number;
  sum: number;
  acknowledged: boolean;
}

/** One tenant, its senders and its misfortunes. */
class Story {
  readonly #random: SeededRandom;
  readonly sent: Sent[] = [];
  readonly #underWay = new Set<Promise<void>>();
  config: TenantConfig;
  queries = 0;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.config = tenantConfig({
      rings: [{ version: 1, ingest: this.#below(3) + 1, series: this.#below(3) + 1, since: 0 }],
      sealBatches: this.#below(6) + 1,
      sealMs: 5_000,
      workingK: 64,
    });
  }

  #below(limit: number): number {
    return this.#random.below(limit);
  }

  get #slot(): number {
    return this.#below(objectNames('ingest', this.config.tenant, this.config.rings).length);
  }

  /** What a worker believes: now and then the rings of before. */
  get #believed(): TenantConfig {
    const { rings } = this.config;
    const known = this.#random.next() < 0.3 ? Math.max(1, rings.length - 1) : rings.length;
    return { ...this.config, rings: rings.slice(0, known) };
  }

  /** Sends a batch, its first time or again. */
  async send(one: Sent, config = this.#believed): Promise<void> {
    const slot = slotOf(new Uint8Array(one.call.batchId), newestRing(config.rings).ingest);
    try {
      const { outcome } = await ingestObject(config, slot).take({ ...one.call, config });
      if (outcome === 'stored' || outcome === 'duplicate') one.acknowledged = true;
      else expect(outcome).toBe('stale-ring');
    } catch {
      // Nobody knows whether it was taken.
    }
  }

  #newBatch(): Sent {
    const series = Array.from({ length: this.#below(4) + 1 }, () => ({
      labels: { route: `/${this.#below(8)}` },
      age: this.#below(3) * 60_000,
      values: Float64Array.from({ length: this.#below(5) + 1 }, () => this.#below(1_000)).sort(),
    }));
    const values = series.flatMap((one) => [...one.values]);
    const call = takeCall(this.config, series, { id: newId() });
    const sum = values.reduce((a, b) => a + b, 0);
    const one = { call, n: values.length, sum, acknowledged: false };
    this.sent.push(one);
    return one;
  }

  #begin(work: Promise<void>): void {
    const tracked = work.finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }

  /** n of what must be seen, and of what may be. */
  #known(isKnown: (one: Sent) => boolean): { n: number; sum: number } {
    const known = this.sent.filter(isKnown);
    return { n: known.reduce((n, one) => n + one.n, 0), sum: known.reduce((sum, one) => sum + one.sum, 0) };
  }

  /** A query while everything else goes on. */
  async query(): Promise<void> {
    let config = this.#believed;
    const before = this.#known(({ acknowledged }) => acknowledged);
    let seen: { n: number; sum: number };
    for (;;) {
      try {
        seen = await totals(config);
        break;
      } catch (error) {
        if (!String(error).includes('stale ring')) {
          // An object died under it.
          expect(String(error)).toMatch(/abort|begins anew/);
          return;
        }
        config = this.config;
      }
    }
    const after = this.#known(() => true);
    this.queries++;
    expect(seen.n).toBeGreaterThanOrEqual(before.n);
    expect(seen.sum).toBeGreaterThanOrEqual(before.sum);
    expect(seen.n).toBeLessThanOrEqual(after.n);
    expect(seen.sum).toBeLessThanOrEqual(after.sum);
  }

  /** A query while nothing else happens: what was acknowledged is all there is, but for what nobody knows of. */
  async quietQuery(): Promise<void> {
    await this.settle();
    for (const one of this.sent) if (!one.acknowledged) await this.send(one, this.config);
    for (const one of this.sent) if (!one.acknowledged) await this.send(one, this.config);
    expect(this.sent.every(({ acknowledged }) => acknowledged)).toBe(true);
    expect(await totals(this.config)).toEqual(this.#known(() => true));
    this.queries++;
  }

  async settle(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async step(): Promise<void> {
    const dice = this.#random.next();
    if (dice < 0.4) {
      const one = this.#newBatch();
      this.#begin(this.send(one));
      if (this.#random.next() < 0.3) this.#begin(this.send(one));
    } else if (dice < 0.52 && this.sent.length > 0) {
      this.#begin(this.send(this.sent[this.#below(this.sent.length)]));
    } else if (dice < 0.72) {
      const object = ingestObject(this.config, this.#slot);
      const ms = this.#below(8_000);
      this.#begin(passTime(object, ms).catch(() => {}));
    } else if (dice < 0.8) {
      const modes = (['before', 'after', 'never'] as const).map((_, i, all) => all[(i + this.#below(3)) % 3]);
      let calls = 0;
      await failHandOver(ingestObject(this.config, this.#slot), () => modes[calls++ % 3]);
    } else if (dice < 0.84) {
      await abortAllDurableObjects();
    } else if (dice < 0.88) {
      const { rings } = this.config;
      const next = { version: rings.length + 1, ingest: this.#below(4) + 1, series: this.#below(4) + 1 };
      this.config = { ...this.config, rings: [...rings, { ...next, since: Date.now() }] };
    } else if (dice < 0.96) {
      this.#begin(this.query());
    } else {
      await this.quietQuery();
    }
    // Some of it happens at once, some after the other.
    if (this.#random.next() < 0.5) await this.settle();
  }

  /** The network is well again, and every sender is answered. */
  async end(): Promise<void> {
    await this.settle();
    await abortAllDurableObjects();
    await this.quietQuery();
    const { config } = this;
    const slots = objectNames('ingest', config.tenant, config.rings).map((_, slot) => slot);
    for (const slot of slots) await ingestObject(config, slot).flush(config);
    for (const slot of slots) expect(await pendingTotals(config, slot)).toEqual({ n: 0, sum: 0 });
    expect(await totals(config)).toEqual(this.#known(() => true));
  }
}

for (let seed = 1; seed <= SEEDS; seed++) {
  it(`every acknowledged value is counted once, by story ${seed}`, async () => {
    const story = new Story(seed);
    for (let i = 0; i < STEPS; i++) await story.step();
    await story.end();
    expect(story.sent.length).toBeGreaterThan(10);
    expect(story.queries).toBeGreaterThan(1);
  });
}
