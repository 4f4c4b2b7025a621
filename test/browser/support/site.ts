/**
 * A site that serves the built collector and takes its batches as an edge does: decoded whole, once for each id, and
 * refused when the same id comes with other bytes. What it does to a delivery is the test's to say.
 */
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type BatchSeries, decodeBatch } from '../../../src/sketch/batch.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const LIMITS = {
  bytes: 65_536,
  strings: 1000,
  stringBytes: 512,
  series: 1000,
  labels: 32,
  items: 1e6,
  n: 1e5,
  k: 4096,
};

/** A request to the ingest route. */
export interface Delivery {
  /** When it was here whole, epoch milliseconds. */
  at: number;
  id: string;
  isBeacon: boolean;
  contentType: string | undefined;
  cookie: string | undefined;
  bytes: Uint8Array;
  key: string | undefined;
  series: BatchSeries[];
}

/** What becomes of a delivery. */
export interface Fate {
  /** Default 202. */
  status?: number;
  headers?: Record<string, string>;
  /** Whether the batch is taken although the answer is lost. */
  lose?: 'request' | 'answer';
  delayMs?: number;
  /** It is answered when this is. */
  after?: Promise<unknown>;
}

export class Site {
  readonly deliveries: Delivery[] = [];
  /** Every batch that was taken, by its id. */
  readonly taken = new Map<string, Delivery>();
  /** Paths that were asked for. */
  readonly requests: string[] = [];
  /** Same id, other bytes. */
  conflicts = 0;
  fate: (delivery: Delivery) => Fate = () => ({});
  csp = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";
  origin = '';
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error) => response.destroy(error));
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /**
   * Forgets what came, and moves to another port, so to another origin with storage of its own: pages of the test before
   * may make their last batches after their browser has said that they are closed.
   */
  async reset(): Promise<void> {
    await this.stop();
    await this.start();
    this.deliveries.length = this.requests.length = this.conflicts = 0;
    this.taken.clear();
    this.fate = () => ({});
    this.csp = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";
  }

  /** The series that were taken, of one name or of all. */
  series(name?: string): BatchSeries[] {
    return [...this.taken.values()]
      .flatMap(({ series }) => series)
      .filter((one) => name === undefined || one.name === name);
  }

  /** Count and sum of all values taken, of one metric or of all. */
  total(name?: string): { n: number; sum: number } {
    const total = { n: 0, sum: 0 };
    for (const { sketch, values } of this.series(name)) {
      total.n += sketch ? sketch.n : values!.length;
      total.sum += sketch ? sketch.sum : values!.reduce((sum, x) => sum + x, 0);
    }
    return total;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url!, this.origin);
    this.requests.push(pathname);
    response.setHeader('access-control-allow-origin', '*');
    if (pathname === '/v1/ingest') return this.#ingest(request, response);
    const file =
      pathname === '/web-vitals.js'
        ? `${ROOT}node_modules/web-vitals/dist/web-vitals.attribution.js`
        : pathname.startsWith('/lib/')
          ? `${ROOT}dist${pathname}`
          : undefined;
    if (file) {
      if (!existsSync(file)) throw new Error(`${file} is missing: run npm run build first`);
      response.setHeader('content-type', 'text/javascript');
      createReadStream(file).pipe(response);
    } else if (pathname === '/start.js') {
      response.setHeader('content-type', 'text/javascript');
      response.end(readFileSync(new URL('./page.js', import.meta.url)));
    } else if (pathname.startsWith('/page')) {
      response.setHeader('content-type', 'text/html');
      response.setHeader('content-security-policy', this.csp);
      response.end(
        '<!doctype html><title>page</title><h1>A page</h1><button>press</button><script type=module src=/start.js crossorigin></script>',
      );
    } else {
      response.statusCode = pathname === '/favicon.ico' ? 204 : 200;
      response.end();
    }
  }

  async #ingest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const bytes = new Uint8Array(Buffer.concat(parts));
    const { id: idBytes, key, series } = decodeBatch(bytes, LIMITS);
    const { headers } = request;
    const delivery: Delivery = {
      at: Date.now(),
      id: Buffer.from(idBytes).toString('hex'),
      isBeacon: headers['sec-fetch-mode'] === 'no-cors',
      contentType: headers['content-type'],
      cookie: headers.cookie,
      bytes,
      key,
      series,
    };
    this.deliveries.push(delivery);
    const { status = 202, headers: more = {}, lose, delayMs = 0, after } = this.fate(delivery);
    if (status < 300 && lose !== 'request') {
      const known = this.taken.get(delivery.id);
      if (known && Buffer.compare(known.bytes, bytes) !== 0) this.conflicts++;
      this.taken.set(delivery.id, delivery);
    }
    if (delayMs) await new Promise((resolve) => setTimeout(resolve, delayMs));
    await after;
    if (lose) {
      request.socket.destroy();
    } else {
      response.writeHead(status, more);
      response.end('{}');
    }
  }
}
