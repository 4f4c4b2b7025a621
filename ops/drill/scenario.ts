/** A drill: an incident is brought about, a runbook is followed command by command, what came back is counted. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ServedEdge, serveEdge } from '../../build/serve-edge.js';
import { KllSketch } from '../../src/index.js';
import { read } from '../check/known.js';
import { commandsOf } from '../live/runbook-commands.js';
import { call, newKey } from '../live/senders.js';
import { openShell, type Shell } from '../live/shell.js';
import { makeWorkplace } from '../live/workplace.js';
import { Pages } from './pages.js';

export interface Recovery {
  /** Seconds of acknowledged data that are gone: from the last that is there to the incident. */
  rpoSeconds: number;
  /** Values that were acknowledged and are gone. */
  lost: number;
  /** Seconds from the incident until the edge answered right again. */
  rtoSeconds: number;
  /** What the drill made sure of, in words. */
  found: string;
}

/** Commands that were typed. */
export interface Steps {
  /** When the last one that matches had ended, epoch milliseconds. */
  endOf(pattern: RegExp): number;
}

export interface Scenario {
  name: string;
  runbook: string;
  run(site: Site): Promise<Recovery>;
}

/** A token's secret outlives the machine: it is kept with the configuration, not with the data. */
const SECRET = 'a secret of the drill, kept apart from the data it opens';

/** The place where it happens: an edge with pages that send, a person's workplace beside it. */
export class Site {
  readonly data: string;
  readonly backups: string;
  readonly workplace: string;
  key = '';
  pages!: Pages;
  #shell: Shell | undefined;

  private constructor(
    readonly folder: string,
    public edge: ServedEdge,
    readonly historySeries: number,
  ) {
    this.data = join(folder, 'data');
    this.backups = join(folder, 'backups');
    this.workplace = join(folder, 'workplace');
  }

  /** @param historySeries series that the edge holds besides those of the pages */
  static async open(folder: string, historySeries: number): Promise<Site> {
    const data = join(folder, 'data');
    const site = new Site(folder, await serve(data), historySeries);
    mkdirSync(site.backups, { recursive: true });
    site.key = await newKey(site.edge);
    site.pages = new Pages(() => ({ url: site.edge.url, key: site.key }));
    return site;
  }

  /** The edge ends at once, as when its machine stops. */
  async kill(): Promise<void> {
    this.edge.process.kill('SIGKILL');
    await this.edge.ended;
  }

  /** The edge again, over the same folder and at the same port. */
  async restart(): Promise<void> {
    this.edge = await serve(this.data, this.edge.port);
  }

  /** What all values of the pages are now, as the edge knows them. */
  async answer(): Promise<{ n: number; sum: number; partial: boolean; stale: boolean }> {
    return (await (await call(this.edge, '/v1/quantiles?name=lcp')).json()) as never;
  }

  /** Asks until an answer is as wanted. @throws Error with the last answer, after a minute */
  async answerThat(
    what: string,
    isSo: (answer: Awaited<ReturnType<Site['answer']>>) => boolean,
  ): Promise<Awaited<ReturnType<Site['answer']>>> {
    const began = Date.now();
    for (;;) {
      const answer = await this.answer();
      if (isSo(answer)) return answer;
      if (Date.now() - began > 60_000) throw new Error(`${what}: found ${JSON.stringify(answer)}`);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  /**
   * Types what a section of a runbook says.
   * @throws Error at the first command that does not end as the runbook says
   */
  async follow(runbook: string, section: string): Promise<Steps> {
    this.#shell ??= this.#openShell();
    const ends: { text: string; at: number }[] = [];
    for (const command of commandsOf(read(runbook), section)) {
      const { fault, output, seconds } = await this.#shell.run(command);
      console.log(`  ${fault ? 'FAIL' : 'ok  '} ${seconds.toFixed(1).padStart(5)} s  ${command.text}`);
      if (fault) throw new Error(`${runbook}, ${section}: ${command.text}\n${fault}\n${output}`);
      ends.push({ text: command.text, at: Date.now() });
    }
    return {
      endOf: (pattern) => {
        const found = ends.findLast(({ text }) => pattern.test(text));
        if (!found) throw new Error(`${runbook}, ${section}: no command is like ${pattern}`);
        return found.at;
      },
    };
  }

  /** A damaged file, as the runbook wants one to look at. */
  makeSuspect(): void {
    const bytes = new KllSketch().extend([1, 2, 3]).toBytes();
    bytes[bytes.length >> 1] ^= 0xff;
    writeFileSync(join(this.workplace, 'suspect.kll'), bytes);
  }

  async close(): Promise<void> {
    await this.pages.end();
    await this.#shell?.end();
    this.edge.process.kill('SIGKILL');
    await this.edge.ended;
  }

  #openShell(): Shell {
    const path = makeWorkplace(this.workplace);
    return openShell(this.workplace, {
      ...path,
      URL: this.edge.url,
      TOKEN: this.edge.token,
      KLL_TOKEN: this.edge.token,
      KLL_TOKEN_SECRET: SECRET,
      KLL_EDGE_DIR: this.data,
      PORT: String(this.edge.port),
      BACKUPS: this.backups,
    });
  }
}

async function serve(folder: string, port = 0): Promise<ServedEdge> {
  const environment = { KLL_TOKEN_SECRET: SECRET, KLL_DIRECTORY_TTL_MS: '200' };
  return await serveEdge({ folder, port, output: 'ignore', environment });
}
