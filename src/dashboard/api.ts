/** The edge's public HTTP API as the page uses it (docs/edge.md). The page knows nothing but what this says. */
import { KllSketch } from '../index.js';

/** What has no answer by then, has none. */
const LONGEST_ANSWER_MS = 60_000;

/** Series that are listed. */
const MOST_SERIES = 5000;

/** A percentile with what is not known of it, at 99 % confidence. */
export interface Percentile {
  /** Rank, 0..1. */
  q: number;
  value: number | null;
  /** The sketch's error: the quantile of these n values lies within. */
  lower: number | null;
  upper: number | null;
  /** Sampling and sketch together: the population's quantile lies within; null where n values cannot say. */
  ci: readonly [number | null, number | null];
}

export interface Answer {
  n: number;
  mean: number | null;
  min: number | null;
  max: number | null;
  /** What is covered, RFC 3339. */
  from: string | null;
  to: string | null;
  freshnessMs: number;
  partial: boolean;
  /** An object of the edge did not answer: this is what was known before, or lacks what it held. */
  stale: boolean;
  quantiles: Percentile[];
  shares: Share[];
}

export interface Group extends Answer {
  labels: Record<string, string>;
}

/** The share of values up to `le`, and the sketch's bounds of it. */
export interface Share {
  le: number;
  share: number | null;
  lower: number | null;
  upper: number | null;
}

/** A question: which values, when. Times in epoch milliseconds. */
export interface Question {
  name: string;
  /** `{route="/a"}`; absent: all series of the name together. */
  match?: string;
  from: number;
  to: number;
}

export interface SeriesInfo {
  name: string;
  labels: Record<string, string>;
}

/** What the edge answered when it did not answer: its own words. */
export class EdgeError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export class Edge {
  constructor(
    readonly url: string,
    private readonly token: string,
  ) {}

  quantiles(
    question: Question,
    ranks: readonly number[],
    thresholds: readonly number[] = [],
  ): Promise<Answer> {
    return this.#get('/v1/quantiles', question, { q: ranks.join(), le: thresholds.join() });
  }

  /** One answer a group; `by` is a label. */
  async groups(question: Question, by: string, ranks: readonly number[]): Promise<Group[]> {
    const { groups } = await this.#get<{ groups: Group[] }>('/v1/quantiles', question, {
      q: ranks.join(),
      by,
    });
    return groups;
  }

  /** All values of a question as one sketch: their distribution at every point, with its bounds. */
  async sketch(question: Question): Promise<KllSketch> {
    const response = await this.#fetch(`/v1/sketch?${parametersOf(question, { format: 'compact' })}`);
    return KllSketch.fromBytes(new Uint8Array(await response.arrayBuffer()));
  }

  /** All series, page by page; of very many the first, and those of one name. */
  async series(name: string): Promise<SeriesInfo[]> {
    const all: SeriesInfo[] = [];
    let after = '';
    do {
      const page = await this.#seriesPage({ after });
      all.push(...page.series);
      after = page.next ?? '';
    } while (after && all.length < MOST_SERIES);
    if (after && name && !all.some((one) => one.name === name)) {
      all.push(...(await this.#seriesPage({ name })).series);
    }
    return all;
  }

  #seriesPage(wanted: Record<string, string>): Promise<{ series: SeriesInfo[]; next?: string }> {
    return this.#get('/v1/series', undefined, { ...wanted, limit: '1000' });
  }

  /** Sums of counters and gauges of `/metrics`, over all their labels, by name. */
  async metrics(): Promise<Map<string, number>> {
    const text = await (await this.#fetch('/metrics')).text();
    const sums = new Map<string, number>();
    for (const line of text.split('\n')) {
      const [, name, value] = line.match(/^([a-z_:][a-z0-9_:]*)(?:\{.*\})? (\S+)$/i) ?? [];
      if (name) sums.set(name, (sums.get(name) ?? 0) + Number(value));
    }
    return sums;
  }

  async #get<T>(path: string, question: Question | undefined, rest: Record<string, string>): Promise<T> {
    return (await (await this.#fetch(`${path}?${parametersOf(question, rest)}`)).json()) as T;
  }

  async #fetch(path: string): Promise<Response> {
    const response = await fetch(this.url + path, {
      headers: { authorization: `Bearer ${this.token}` },
      signal: AbortSignal.timeout(LONGEST_ANSWER_MS),
    });
    if (response.ok) return response;
    const problem = (await response.json().catch(() => ({}))) as { title?: string; detail?: string };
    throw new EdgeError(
      response.status,
      problem.detail ?? problem.title ?? `the edge answered ${response.status}`,
    );
  }
}

function parametersOf(question: Question | undefined, rest: Record<string, string>): URLSearchParams {
  const { name, match, from, to } = question ?? {};
  const parameters = new URLSearchParams();
  // Nothing else: the edge refuses what it does not know.
  for (const [key, value] of Object.entries({ name, match, from, to, ...rest })) {
    if (value !== undefined && value !== '') parameters.set(key, String(value));
  }
  return parameters;
}
