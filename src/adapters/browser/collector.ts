/** The collector of a page: values in, a few hundred bytes out, whatever becomes of the page. */
import { badArgument } from '../../core/errors.js';
import { TAILS } from '../../core/image.js';
import { attempt } from './attempt.js';
import { CollectorError, tellOnce } from './collector-error.js';
import { Sender, type SendStats } from './flush.js';
import { whenIdle } from './idle.js';
import { KernelSource } from './kernel-source.js';
import { cleanLabels, cleanName, type Labels } from './labels.js';
import { type CollectorOptions, type CollectorSettings, toSettings } from './options.js';
import { Outbox } from './outbox.js';
import { isSampled, storageOf } from './sampling.js';
import type { OutgoingSeries } from './series.js';
import { SeriesTable } from './series-table.js';
import type { SourceTarget } from './sources/source.js';
import { toBatches } from './split.js';

/** Rendering on a server collects nothing. */
const IS_PAGE = typeof document !== 'undefined';
/** Longest stretch of work while the page lives, milliseconds. */
const SLICE_MS = 1;
/** Items that are encoded at once while the page lives: script that never ran before takes 0.3 ms for the 300 of a long series. */
const BATCH_ITEMS = 1400;
/** Items that a series counts for beside its own, and at most: what is condensed is no longer than that. */
const SERIES_ITEMS = 60;
const LONG_SERIES_ITEMS = 300;

export interface CollectorStats extends SendStats {
  /** Values recorded in this page. */
  values: number;
  /** Values left out: no finite numbers. */
  rejected: number;
  /** Series opened in this page. */
  series: number;
  /** Batches of this page that nobody acknowledged yet. */
  queued: number;
  /** Bytes of all batches of this page, and of the newest. */
  bytes: number;
  lastBytes: number;
  /** Whether this session is measured: it is sampled, and was not stopped. */
  isSampled: boolean;
}

export interface Collector {
  /**
   * Records a value. Never throws.
   * @param name of the metric
   * @param value a finite number; others are left out and counted
   * @param labels beside those of the page
   */
  record(name: string, value: number, labels?: Labels): void;
  /** Runs `fn` and records how long it took, in milliseconds; of a promise, until it is settled. @returns what it gives */
  time<T>(name: string, fn: () => T, labels?: Labels): T;
  /** Sends now what was recorded. Done when the endpoint answered, or when it has to wait. */
  flush(): Promise<void>;
  readonly stats: CollectorStats;
  /** Sends what was recorded and measures no more. */
  stop(): void;
}

/**
 * Begins to collect. In a session that is not sampled, or without a document, it takes values and drops them.
 * @throws SketchArgumentError ERR_ARGUMENT_TYPE, ERR_ARGUMENT_RANGE for options that cannot be
 * @example
 * const collector = createCollector({ endpoint: '/v1/ingest', key: 'k_...', sources: [longTasks()] });
 * collector.record('search', 84.2);
 */
export function createCollector(options: CollectorOptions): Collector {
  return new PageCollector(toSettings(options));
}

/**
 * The endpoint as the page resolves it; as it is where there is no page.
 * @throws SketchArgumentError ERR_ARGUMENT_TYPE
 */
function resolved(endpoint: string): string {
  const href = () => (IS_PAGE && endpoint ? new URL(endpoint, location.href).href : endpoint);
  return (
    (typeof endpoint === 'string' && attempt(href)) ||
    badArgument('ERR_ARGUMENT_TYPE', 'endpoint', 'a URL', endpoint)
  );
}

class PageCollector implements Collector {
  readonly #tell: (error: Error) => void;
  readonly #table: SeriesTable;
  /** What sources add to each send. */
  readonly #extras: ((now: number) => OutgoingSeries[])[] = [];
  readonly #outbox: Outbox;
  readonly #sender: Sender;
  #isOn: boolean;
  readonly #endings: (() => void)[] = [];
  /** Series that are ready and in no batch yet. */
  #packed: OutgoingSeries[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether clock and labels are those of the running task. */
  #isCurrent = false;
  #now = 0;
  #hasLookedBack = false;
  readonly #counts = {
    values: 0,
    rejected: 0,
    bytes: 0,
    lastBytes: 0,
    acknowledged: 0,
    refused: 0,
    beaconed: 0,
  };

  constructor(readonly settings: CollectorSettings) {
    const { endpoint, store, sample, tails } = settings;
    const url = resolved(endpoint);
    this.#tell = tellOnce(settings.onError);
    // What is answered when consent is gone is not written down either.
    const storage = () => (store && this.#mayAct() ? storageOf('localStorage') : undefined);
    this.#outbox = new Outbox(storage, url, this.#tell);
    this.#sender = new Sender(url, this.#outbox, this.#counts, this.#tell, () => this.#mayAct());
    this.#table = new SeriesTable({
      ...settings,
      tails: TAILS[tails],
      kernel: new KernelSource(this.#tell),
      tell: this.#tell,
    });
    const session = this.#mayAct() ? storageOf('sessionStorage') : undefined;
    this.#isOn = IS_PAGE && isSampled(sample, session);
    if (IS_PAGE) this.#listen();
    if (this.#isOn) this.#start(url);
  }

  get stats(): CollectorStats {
    const { size } = this.#outbox.memory;
    return { ...this.#counts, series: this.#table.size, queued: size, isSampled: this.#isOn };
  }

  record(name: string, value: number, labels?: Labels): void {
    // Labels are cleaned by a function of the page, and may themselves be anything.
    this.#guard(() => {
      if (!this.#isOn) return;
      if (typeof value !== 'number' || value - value !== 0) return this.#reject(name, value);
      if (!this.#isCurrent) this.#enterTask();
      this.#table.find(name, labels).add(value, this.#now);
      this.#counts.values++;
    });
  }

  time<T>(name: string, fn: () => T, labels?: Labels): T {
    const start = performance.now();
    const end = () => this.record(name, performance.now() - start, labels);
    let result: T;
    try {
      result = fn();
    } catch (error) {
      end();
      throw error;
    }
    if (typeof (result as Promise<unknown>)?.finally === 'function')
      return (result as Promise<unknown>).finally(end) as T;
    end();
    return result;
  }

  async flush(): Promise<void> {
    if (!this.#mayAct()) return;
    let start = performance.now();
    /** Where the slice is used up, the rest waits for the next. */
    const rest = async () => {
      if (performance.now() - start > SLICE_MS) {
        await new Promise<void>(whenIdle);
        start = performance.now();
      }
    };
    for (const series of this.#table.dirty()) {
      this.#packed.push(...series.take(performance.now()));
      await rest();
      const items = this.#packed.reduce(
        (sum, { n }) => sum + SERIES_ITEMS + Math.min(n, LONG_SERIES_ITEMS),
        0,
      );
      if (items < BATCH_ITEMS) continue;
      this.#post();
      await rest();
    }
    this.#post();
    if (!this.#hasLookedBack) await this.#lookBack();
    await this.#sender.sendOwn();
    this.#scheduleRest();
  }

  stop(): void {
    this.#leave();
    this.#isOn = false;
    for (const end of this.#endings.splice(0)) this.#guard(end);
  }

  #listen(): void {
    const on = (target: EventTarget, type: string, listener: (event: Event) => void) => {
      target.addEventListener(type, listener);
      this.#endings.push(() => target.removeEventListener(type, listener));
    };
    // Behind all listeners of the document: those of web-vitals report what they have, and a page may record by its own.
    on(globalThis, 'visibilitychange', () =>
      document.visibilityState === 'hidden' ? this.#leave() : this.#return(),
    );
    on(document, 'freeze', () => this.#leave());
    on(globalThis, 'pagehide', () => this.#leave());
    // Gecko stops the scripts of a process that ends with its last page, those of pagehide in the middle; not before it
    // has asked the page. Others are not asked: what web-vitals reports when it hides would be a second batch.
    if ('mozInnerScreenX' in globalThis) on(globalThis, 'beforeunload', () => this.#leave());
    on(globalThis, 'pageshow', (event) => (event as PageTransitionEvent).persisted && this.#return());
    on(globalThis, 'online', () => {
      if (this.#mayAct()) this.#outbox.endPause();
      this.#return();
    });
    this.#return();
  }

  #start(endpoint: string): void {
    const target: SourceTarget = {
      endpoint,
      record: (name, value, labels) => this.record(name, value, labels),
      labelsAt: (url) => this.#labelsAt(url),
      clean: (labels) => cleanLabels(labels, this.settings.cleanLabel),
      extra: (take) => this.#extras.push(take),
      guard: (call) => this.#guard(call),
    };
    for (const source of this.settings.sources) {
      const end = this.#guard(() => source(target));
      if (typeof end === 'function') this.#endings.push(end);
    }
  }

  /** The first value of a task reads clock and URL for all that follow in it. */
  #enterTask(): void {
    this.#isCurrent = true;
    queueMicrotask(() => {
      this.#isCurrent = false;
    });
    this.#now = performance.now();
    this.#table.setDefaults(this.#labelsAt(location.href));
    this.#schedule();
  }

  #labelsAt(url: string): Labels {
    const { labels } = this.settings;
    return this.#guard(() => labels(new URL(url, location.href))) ?? {};
  }

  /** What a call gives that the page has a part in; nothing when it throws. */
  #guard<T>(call: () => T): T | undefined {
    try {
      return call();
    } catch (cause) {
      this.#tell(new CollectorError('ERR_CALLBACK', 'a callback threw', { cause }));
      return undefined;
    }
  }

  #reject(name: string, value: unknown): void {
    this.#counts.rejected++;
    const found = typeof value === 'number' ? value : typeof value;
    this.#tell(
      new CollectorError('ERR_VALUE', `${cleanName(name)}: expected a finite number, found ${found}`),
    );
  }

  #mayAct(): boolean {
    const { consent } = this.settings;
    return IS_PAGE && this.#guard(() => (typeof consent === 'function' ? consent() : consent)) === true;
  }

  #schedule(): void {
    if (this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      whenIdle(() => void this.flush());
    }, this.settings.interval);
  }

  /** What was not acknowledged is tried again; a page with nothing to send sleeps. */
  #scheduleRest(): void {
    if (this.#outbox.memory.size || !this.#hasLookedBack) this.#schedule();
  }

  /** Makes batches of what is ready, and puts them into the outbox. */
  #post(): void {
    const now = performance.now();
    const ready = this.#packed.concat(...this.#extras.map((take) => this.#guard(() => take(now)) ?? []));
    this.#packed = [];
    const { beforeSend, key } = this.settings;
    // Whoever withdraws consent meanwhile takes it from what is in hand as well.
    if (!ready.length || !this.#mayAct()) return;
    const batches = this.#guard(() => {
      const kept = beforeSend?.(ready);
      return kept === null || kept?.length === 0 ? [] : toBatches(kept ?? ready, key);
    });
    for (const batch of batches ?? []) {
      this.#outbox.add(batch);
      this.#counts.lastBytes = batch.bytes.length;
      this.#counts.bytes += batch.bytes.length;
    }
  }

  /** The page may never run again: all at once, stored first. */
  #leave(): void {
    if (!this.#mayAct()) return;
    for (const series of this.#table.dirty()) this.#packed.push(...series.take(performance.now()));
    this.#post();
    this.#sender.sendBeacons();
    this.#scheduleRest();
  }

  /** The page runs, or runs again: what former pages left, and beacons that nobody acknowledged, go by fetch. */
  #return(): void {
    whenIdle(() => void this.#lookBack());
  }

  async #lookBack(): Promise<void> {
    if (!this.#mayAct()) return;
    await this.#sender.sendStored();
    await this.#sender.sendOwn();
    // In a pause, or while another tab is at it, nothing was sent: what former pages left has nobody else.
    this.#hasLookedBack = !this.#outbox.stored().length;
    this.#scheduleRest();
  }
}
