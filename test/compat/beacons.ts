/**
 * What the collector of a build sends, from a page in Chromium whose clocks stand still and whose chance is seeded: the same
 * build sends the same bytes.
 */

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { launchChromium } from '../browser/support/chromium.js';
import type { Blob } from './facts.js';
import type { Build } from './release.js';

const PAGE = '<!doctype html><title>page</title><script type="module" src="/page.js"></script>';

/** Runs before any script of the page. */
const STILL = `{
  Date.now = () => Date.UTC(2026, 0, 1);
  performance.now = () => 5000;
  let x = 1;
  const uint32 = () => {
    // The xorshift of Marsaglia, 2003.
    x ^= x << 13; x ^= x >>> 17; x ^= x << 5;
    return x >>> 0;
  };
  Math.random = () => uint32() / 2 ** 32;
  crypto.getRandomValues = (array) => {
    for (let i = 0; i < array.length; i++) array[i] = uint32();
    return array;
  };
}`;

/** What page.js puts on the page. */
declare global {
  var stories: string[] | undefined;
  var tell: (name: string) => Promise<void>;
}

/** @returns one for each kind of series that a page sends, and one with a key and several series */
export async function collectBeacons({ lib }: Pick<Build, 'lib'>): Promise<Blob[]> {
  const bodies: Uint8Array[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const path = request.url ?? '/';
    const script = (text: Buffer) => response.writeHead(200, { 'content-type': 'text/javascript' }).end(text);
    if (request.method === 'POST') {
      bodies.push(new Uint8Array(Buffer.concat(parts)));
      response.writeHead(202, { 'content-type': 'application/json' }).end('{}');
    } else if (/^\/lib\/[\w-]+\.js$/.test(path)) {
      script(readFileSync(join(lib, path.slice('/lib/'.length))));
    } else if (path === '/page.js') {
      script(readFileSync(new URL('./page.js', import.meta.url)));
    } else {
      response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await launchChromium();
  try {
    const page = await (await browser.newContext()).newPage();
    await page.addInitScript(STILL);
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/orders/123456`);
    const names = await (await page.waitForFunction(() => globalThis.stories)).jsonValue();
    for (const [i, name] of names!.entries()) {
      await page.evaluate((story) => tell(story), name);
      if (bodies.length !== i + 1) throw new Error(`${name}: expected one batch, found ${bodies.length - i}`);
    }
    return bodies.map((bytes, i) => ({ kind: 'beacon', file: `beacon/${names![i]}.batch`, bytes }));
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
}
