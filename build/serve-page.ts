/** Serves the page on loopback, with where its edge is and a token to ask it with. */
import { createReadStream, existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

const TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
};

export interface PageOptions {
  /** Folder of the built page. */
  folder: string;
  /** What the page is told of the edge: asked at every load. */
  config: () => { url: string; token: string; key?: string };
  /** Port to listen on; 0 takes any that is free. */
  port?: number;
}

/** Resolves when the page can be loaded, with its address. */
export async function servePage({
  folder,
  config,
  port = 0,
}: PageOptions): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    // A page of another site that rebinds its name to loopback must not get the token.
    const host = request.headers.host?.replace(/:\d+$/, '');
    const target = request.url ?? '/';
    // What is no address at all, as `//`, has no name.
    const name = URL.canParse(target, 'http://page')
      ? new URL(target, 'http://page').pathname.slice(1) || 'index.html'
      : undefined;
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('cache-control', 'no-store');
    if (
      (host !== '127.0.0.1' && host !== 'localhost') ||
      (request.method !== 'GET' && request.method !== 'HEAD')
    ) {
      response.writeHead(host === '127.0.0.1' || host === 'localhost' ? 405 : 421).end();
    } else if (name === undefined) {
      response.writeHead(400).end();
    } else if (name === 'config.json') {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(config()));
    } else if (/^[\w-]+\.(html|js|css)$/.test(name) && existsSync(join(folder, name))) {
      response.setHeader('content-type', TYPES[extname(name).slice(1)]);
      response.setHeader(
        'content-security-policy',
        `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src data:; connect-src 'self' ${config().url}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      );
      createReadStream(join(folder, name)).pipe(response);
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server };
}
