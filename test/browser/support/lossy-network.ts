/** What lies between a page and an edge: it hands requests on, loses them or their answers, fails, and sends twice. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What becomes of one request. */
export type Passage = 'through' | 'request lost' | 'answer lost' | 'twice' | 'failed';

export class LossyNetwork {
  origin = '';
  passage: () => Passage = () => 'through';
  /** How often each became of a request. */
  readonly passed: Record<Passage, number> = {
    through: 0,
    'request lost': 0,
    'answer lost': 0,
    twice: 0,
    failed: 0,
  };
  /** Answers of the edge by status. */
  readonly answers = new Map<number, number>();
  /** Requests that found no edge. */
  unreached = 0;
  readonly #server: Server;

  /** @param edge asked for the edge's URL at each request */
  constructor(readonly edge: () => string) {
    this.#server = createServer((request, response) => {
      this.#pass(request, response).catch(() => request.socket.destroy());
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

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const passage = this.passage();
    this.passed[passage]++;
    if (passage === 'request lost') {
      request.socket.destroy();
      return;
    }
    if (passage === 'failed') {
      // Of a gateway that knows nothing of other origins: the page may not read it.
      response.writeHead(503).end();
      return;
    }
    const hand = () => this.#hand(request, Buffer.concat(parts));
    // At the same moment: neither is there first.
    const [answer] = await Promise.all(passage === 'twice' ? [hand(), hand()] : [hand()]);
    if (passage === 'answer lost') {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  async #hand(request: IncomingMessage, body: Buffer) {
    const headers = new Headers();
    for (const name of ['content-type', 'origin', 'user-agent']) {
      const value = request.headers[name];
      if (typeof value === 'string') headers.set(name, value);
    }
    const { method = 'POST', url } = request;
    try {
      const answer = await fetch(this.edge() + url, { method, headers, body: new Uint8Array(body) });
      this.answers.set(answer.status, (this.answers.get(answer.status) ?? 0) + 1);
      const kept = [...answer.headers].filter(([name]) => /^(access-control-|retry-after|vary)/.test(name));
      return {
        status: answer.status,
        headers: Object.fromEntries(kept),
        body: Buffer.from(await answer.arrayBuffer()),
      };
    } catch (error) {
      this.unreached++;
      throw error;
    }
  }
}
