/**
 * An edge over one folder whose code changes from chapter to chapter, with the truth kept beside it. It ends without notice
 * each time, so that what a version has taken and not handed over yet is left to the next.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObjectBinding } from '../../build/edge-config.js';
import { type ServedEdge, serveEdge } from '../../build/serve-edge.js';
import { encodeBatch } from '../../src/batch.js';
import { KllSketch } from '../../src/index.js';
import { seededRandom } from '../support/prng.js';

const NAME = 'latency_ms';
const ROUTES = 6;
const SERIES_A_BATCH = 4;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Ages of values: the bucket of now, one that closes at once, one whose hour, one whose day is rolled up at once. */
const AGES = [0, 10 * MINUTE, 4 * HOUR, 30 * HOUR];
const SETTINGS = {
  ingest: 3,
  series: 3,
  graceMs: 0,
  sealMs: 300,
  retentionMs: { minute: 0, hour: 0, day: 0 },
};

/** Folders of built Workers: whose code answers requests, and whose runs the objects of each class. */
export type Cast = { worker: string } & Record<ObjectBinding, string>;

/** All of one build. */
export function onlyOf(worker: string): Cast {
  return { worker, DIRECTORY: worker, INGEST: worker, SERIES: worker };
}

export interface Truth {
  values: number[];
  /** Those from before the last hour: in buckets that were rolled up. */
  old: number[];
  byRoute: Map<string, { n: number; sum: number }>;
}

export class EdgeStory {
  readonly #folder = mkdtempSync(join(tmpdir(), 'kll-compat-'));
  readonly #random;
  readonly #sent: Uint8Array[] = [];
  readonly truth: Truth = { values: [], old: [], byRoute: new Map() };
  /** An hour before the story began, and so between the ages of its values. */
  readonly #hourBefore = Math.floor(Date.now() / MINUTE) * MINUTE - HOUR;
  #edge: ServedEdge | undefined;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** Kills what runs, and starts the same data under other code. */
  async begin({ worker, ...objects }: Cast): Promise<void> {
    await this.#end();
    this.#edge = await serveEdge({ folder: this.#folder, worker, objects, output: 'ignore' });
  }

  async configure(settings: object = SETTINGS): Promise<void> {
    await this.json('/v1/admin/config', { method: 'PATCH', body: JSON.stringify(settings) });
  }

  /** Batches of sketches and values of several ages, each taken once. */
  async ingest(batches: number): Promise<void> {
    for (let i = 0; i < batches; i++) {
      const series = Array.from({ length: SERIES_A_BATCH }, (_, at) => this.#series(AGES[at % AGES.length]));
      const id = Uint8Array.from({ length: 16 }, () => this.#random.below(256));
      const body = encodeBatch({ id, created: Date.now(), series: series.map(({ sent }) => sent) });
      const { status, duplicate } = await this.#send(body);
      assert.deepEqual({ status, duplicate }, { status: 202, duplicate: false });
      this.#sent.push(body);
      for (const { route, values, sent } of series) this.#count(route, values, sent.age > HOUR);
    }
  }

  /** Batches that any version has taken before are known to every version. */
  async repeatSome(batches: number): Promise<void> {
    for (let i = 0; i < batches; i++) {
      const body = this.#sent[this.#random.below(this.#sent.length)];
      const { status, duplicate } = await this.#send(body);
      assert.deepEqual({ status, duplicate }, { status: 200, duplicate: true });
    }
  }

  /** Waits until series objects have all: nothing pending, nothing in an outbox, every series listed. */
  async handedOver(): Promise<void> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const exposition = await (await this.#request('/metrics')).text();
      const pending = exposition
        .split('\n')
        .filter((line) => /^kll_edge_(pending_batches|outbox_rows)\b/.test(line))
        .map((line) => Number(line.split(' ').at(-1)));
      assert(pending.length >= 2, exposition);
      if (pending.every((count) => count === 0)) break;
      if (Date.now() > deadline) throw new Error(`still pending after 60 s: ${pending}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { series } = await this.json<{ series: { labels: { route: string } }[] }>(
      `/v1/series?name=${NAME}`,
    );
    assert.deepEqual(series.map(({ labels }) => labels.route).sort(), [...this.truth.byRoute.keys()].sort());
  }

  /** Every way to ask gives what was sent: all, what is old, by route, as a sketch. */
  async expectTruth(): Promise<void> {
    await this.expectAnswers('', this.truth.values);
    await this.expectAnswers(`&to=${this.#hourBefore}`, this.truth.old);
    const groups = await this.json<{ groups: { labels: { route: string }; n: number; sum: number }[] }>(
      `/v1/quantiles?name=${NAME}&by=route`,
    );
    const found = groups.groups.map(({ labels, n, sum }) => [labels.route, { n, sum }] as const);
    assert.deepEqual(new Map(found), this.truth.byRoute);
    const response = await this.#request(`/v1/sketch?name=${NAME}&format=compact`);
    const sketch = KllSketch.fromBytes(new Uint8Array(await response.arrayBuffer()));
    assert.equal(sketch.n, this.truth.values.length);
    assert.equal(sketch.sum, sumOf(this.truth.values));
  }

  /** @param query what to ask beside name and ranks @param values what it is about */
  async expectAnswers(query: string, values: readonly number[]): Promise<void> {
    const answer = await this.json<Answer>(`/v1/quantiles?name=${NAME}&q=0.01,0.5,0.9,0.99${query}`);
    const sorted = Float64Array.from(values).sort();
    const { n, sum, min, max, partial, stale } = answer;
    assert.deepEqual(
      { n, sum, min, max, partial, stale },
      {
        n: values.length,
        sum: sumOf(values),
        min: sorted[0],
        max: sorted.at(-1),
        partial: false,
        stale: false,
      },
    );
    for (const { q, lower, upper } of answer.quantiles) {
      const exact = sorted[Math.ceil(q * sorted.length) - 1];
      assert(lower <= exact && exact <= upper, `q ${q}: ${exact} is not in ${lower}..${upper}`);
    }
  }

  /** Names the state of now, for all versions to come. @returns checks that it is still seen */
  async snapshot(name: string): Promise<() => Promise<void>> {
    await this.json('/v1/admin/snapshots', { method: 'POST', body: JSON.stringify({ name }) });
    const then = [...this.truth.values];
    return async () => await this.expectAnswers(`&asOf=${name}`, then);
  }

  async backup(): Promise<Uint8Array> {
    return new Uint8Array(await (await this.#request('/v1/admin/backup')).arrayBuffer());
  }

  /** Brings a backup here, with the truth of the story that it was made in. */
  async restore(backup: Uint8Array, from: Truth): Promise<void> {
    const headers = { 'content-type': 'application/vnd.kll.backup' };
    const body = backup as Uint8Array<ArrayBuffer>;
    const told = await this.json<{ isComplete: boolean; values: number }>('/v1/admin/restore', {
      method: 'POST',
      headers,
      body,
    });
    assert.deepEqual(
      { isComplete: told.isComplete, values: told.values },
      { isComplete: true, values: from.values.length },
    );
    this.truth.values.push(...from.values);
    this.truth.old.push(...from.old);
    for (const [route, total] of from.byRoute) this.truth.byRoute.set(route, { ...total });
  }

  async json<T = unknown>(path: string, init: RequestInit = {}): Promise<T> {
    const headers = { 'content-type': 'application/json', ...init.headers };
    return (await (await this.#request(path, { ...init, headers })).json()) as T;
  }

  async close(): Promise<void> {
    await this.#end();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #end(): Promise<void> {
    this.#edge?.process.kill('SIGKILL');
    await this.#edge?.ended;
    this.#edge = undefined;
  }

  #series(age: number) {
    const route = `/${this.#random.below(ROUTES)}`;
    const values = Float64Array.from(
      { length: 1 + this.#random.below(80) },
      () => 1 + this.#random.below(1e6),
    );
    const sketch = new KllSketch({ k: 200, seed: this.#random.uint32() });
    const isSketch = this.#random.below(2) === 1;
    const data = isSketch ? { sketch: sketch.extend(values) } : { values };
    return { route, values, sent: { name: NAME, labels: { route }, age, ...data } };
  }

  #count(route: string, values: Float64Array, isOld: boolean): void {
    this.truth.values.push(...values);
    if (isOld) this.truth.old.push(...values);
    const { n, sum } = this.truth.byRoute.get(route) ?? { n: 0, sum: 0 };
    this.truth.byRoute.set(route, { n: n + values.length, sum: sum + sumOf(values) });
  }

  async #send(body: Uint8Array): Promise<{ status: number; duplicate?: boolean }> {
    const response = await this.#request('/v1/ingest', {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.kll.batch' },
      body: body as Uint8Array<ArrayBuffer>,
    });
    return { status: response.status, ...((await response.json()) as object) };
  }

  async #request(path: string, init: RequestInit = {}): Promise<Response> {
    const { url, token } = this.#edge!;
    const headers = { authorization: `Bearer ${token}`, ...init.headers };
    const response = await fetch(url + path, { ...init, headers, signal: AbortSignal.timeout(60_000) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  }
}

interface Answer {
  n: number;
  sum: number;
  min: number;
  max: number;
  partial: boolean;
  stale: boolean;
  quantiles: { q: number; lower: number; upper: number }[];
}

/** Of integers: exact in any order. */
function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const x of values) sum += x;
  return sum;
}
