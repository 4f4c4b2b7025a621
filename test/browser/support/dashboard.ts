/** The built page before an edge on real workerd, and a reader in front of it. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { type ServedEdge, serveEdge, TENANT } from '../../../build/serve-edge.js';
import { servePage } from '../../../build/serve-page.js';
import { type BatchSeries, encodeBatch } from '../../../src/batch.js';

export interface View {
  view: Page;
  /** Errors of the page, and what it wrote to the console as such. */
  faults: string[];
}

/** Not that of the machine, nor UTC, and without a change of clocks: a day ago is always 24 hours. */
const ZONE = 'Asia/Kolkata';
const ZONE_MS = 5.5 * 3_600_000;

export class DashboardSite {
  /** What the page is told of the edge. */
  config: { url: string; token: string; key?: string } = { url: '', token: '' };

  private constructor(
    readonly url: string,
    readonly edge: ServedEdge,
    readonly server: Server,
    readonly folder: string,
  ) {
    this.config = { url: edge.url, token: edge.token };
  }

  static async start(): Promise<DashboardSite> {
    const folder = mkdtempSync(join(tmpdir(), 'kll-page-'));
    const made: { site?: DashboardSite } = {};
    const config = () => made.site?.config ?? { url: '', token: '' };
    const { url, server } = await servePage({ folder: 'dist/page', config });
    const environment = { KLL_CORS_ORIGINS: new URL(url).origin };
    const edge = await serveEdge({ folder, environment, output: 'ignore' });
    made.site = new DashboardSite(url, edge, server, folder);
    return made.site;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.edge.process.kill('SIGKILL');
    await this.edge.ended;
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Sends a batch; done when the edge has it. */
  async send(series: BatchSeries[]): Promise<void> {
    const response = await this.#post(
      '/v1/ingest',
      'application/vnd.kll.batch',
      encodeBatch({ id: randomBytes(16), created: Date.now(), series }),
    );
    if (response.status !== 202) throw new Error(`the edge answered ${response.status} to a batch`);
  }

  /** A public key that the page may measure itself with. */
  async ingestKey(): Promise<string> {
    const body = JSON.stringify({ origins: [new URL(this.url).origin] });
    const response = await this.#post('/v1/admin/keys', 'application/json', body);
    return ((await response.json()) as { key: string }).key;
  }

  /** A token that may ask, and nothing else. */
  async queryToken(): Promise<string> {
    const secret = readFileSync(join(this.folder, 'secret'));
    return await new SignJWT({ tenant: TENANT, scopes: ['query'] })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .sign(secret);
  }

  /** Opens the page with what its address asks for, in a profile of its own, and waits for the first answers. */
  async open(browser: Browser, hash: string, options: BrowserContextOptions = {}): Promise<View> {
    const context = await browser.newContext({
      locale: 'en-US',
      timezoneId: ZONE,
      viewport: { width: 1280, height: 900 },
      ...options,
    });
    const view = await context.newPage();
    const faults: string[] = [];
    view.on('pageerror', (error) => faults.push(error.message));
    view.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    await view.goto(`${this.url}#${hash}`);
    await view.waitForFunction(() => document.getElementById('status')?.textContent?.startsWith('Live'));
    return { view, faults };
  }

  #post(path: string, type: string, body: BodyInit): Promise<Response> {
    return fetch(this.edge.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.edge.token}`, 'content-type': type },
      body,
    });
  }
}

/** A time as the fields of the page take it. */
export function localTime(ms: number): string {
  return new Date(ms + ZONE_MS).toISOString().slice(0, 16);
}

/** The cards of a section: the figure by what it is, as text. */
export async function cardsOf(view: Page, id: string): Promise<Record<string, string>> {
  return Object.fromEntries(
    await view.$$eval(`#${id} > div`, (all) =>
      all.map((card) => [
        card.querySelector('span')?.textContent ?? '',
        card.querySelector('b')?.textContent ?? '',
      ]),
    ),
  );
}

/** Opens the table beside a chart. It is drawn when the page hears that it was opened, some time after the click. */
export async function openTable(view: Page, within: string): Promise<string[][]> {
  await view.click(`${within} summary`);
  await view.locator(`${within} td`).first().waitFor();
  return tableOf(view, within);
}

/** A table as text: rows of cells, the head first. */
export function tableOf(view: Page, within: string): Promise<string[][]> {
  return view.$$eval(`${within} tr`, (rows) =>
    rows.map((row) => [...row.querySelectorAll('th, td')].map((cell) => cell.textContent ?? '')),
  );
}
