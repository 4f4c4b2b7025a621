/** Senders that load an edge the way pages do: small batches under a public key, again and again. */
import { randomBytes } from 'node:crypto';

interface Reached {
  url: string;
  token: string;
}

/** One request with the operator's token. @throws Error for an answer that is no success */
export async function call(edge: Reached, path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(edge.url + path, {
    ...init,
    headers: {
      authorization: `Bearer ${edge.token}`,
      'content-type': 'application/json',
      ...init.headers,
    },
    signal: AbortSignal.timeout(20_000),
  });
  if (!response.ok)
    throw new Error(`${init.method ?? 'GET'} ${path}: ${response.status} ${await response.text()}`);
  return response;
}

/** @returns a new ingest key */
export async function newKey(edge: Reached): Promise<string> {
  const limits = JSON.stringify({ rate: 100_000, maxN: 100_000 });
  const response = await call(edge, '/v1/admin/keys', { method: 'POST', body: limits });
  return ((await response.json()) as { key: string }).key;
}

export interface SentSeries {
  name: string;
  labels?: Record<string, string>;
  values: number[];
  ageMs: number;
}

/** A batch of JSON under a fresh id. */
export function batchOf(series: SentSeries[]): string {
  return JSON.stringify({ batchId: randomBytes(16).toString('hex'), series });
}

export interface Senders {
  /** What they send from now on; set by the test. */
  key: string;
  /** LCP of the pages, in milliseconds: values lie around it. */
  lcp: number;
  readonly acknowledged: number;
  readonly refused: number;
  end(): Promise<void>;
}

/**
 * @param count senders at once
 * @param pauseMs between two batches of one sender
 */
export function startSenders(edge: Reached, key: string, { count = 4, pauseMs = 40 } = {}): Senders {
  let isOver = false;
  const senders = {
    key,
    lcp: 1500,
    acknowledged: 0,
    refused: 0,
    end: async () => {
      isOver = true;
      await Promise.all(running);
    },
  };
  const send = async (device: string) => {
    while (!isOver) {
      const values = Array.from({ length: 20 }, (_, i) => senders.lcp * (0.9 + i / 100));
      const response = await fetch(`${edge.url}/v1/ingest`, {
        method: 'POST',
        headers: { 'x-kll-key': senders.key, 'content-type': 'application/json' },
        body: batchOf([{ name: 'lcp', labels: { device }, values, ageMs: 0 }]),
        signal: AbortSignal.timeout(20_000),
      }).catch(() => undefined);
      await response?.arrayBuffer().catch(() => undefined);
      if (response?.ok) senders.acknowledged++;
      else senders.refused++;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  const running = Array.from({ length: count }, (_, i) => send(i % 2 ? 'phone' : 'desktop'));
  return senders;
}
