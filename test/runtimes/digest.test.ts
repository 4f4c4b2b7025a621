import { execFileSync, spawn } from 'node:child_process';
import { createHash, webcrypto } from 'node:crypto';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KllSketch } from '../../src/index.js';
import { type PackedProject, packedProject, ROOT } from '../support/packed-project.js';

interface Outcome {
  digests: Record<string, string>;
  answers: Record<string, number[]>;
  refused: string;
  metrics: boolean;
}

let project: PackedProject;
let inNode: Outcome;
const scenario = readFileSync(join(ROOT, 'test/runtimes/scenario.js'), 'utf8');

beforeAll(() => {
  project = packedProject();
  project.write('scenario.js', scenario);
  project.write(
    'node.js',
    "import { scenario } from './scenario.js';\nconsole.log(JSON.stringify(await scenario()));\n",
  );
  inNode = JSON.parse(execFileSync(process.execPath, ['node.js'], { cwd: project.folder, encoding: 'utf8' }));
}, 240_000);
afterAll(() => project?.remove());

/** The scenario in real workerd, bundled by wrangler through the `workerd` condition. */
async function inWorkerd(folder: string): Promise<Outcome> {
  const child = spawn(
    process.execPath,
    [join(ROOT, 'node_modules/wrangler/bin/wrangler.js'), 'dev', '--port', '0', '--inspector-port', '0'],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        CLOUDFLARE_CF_FETCH_ENABLED: 'false',
        WRANGLER_SEND_METRICS: 'false',
        WRANGLER_SEND_ERROR_REPORTS: 'false',
        WRANGLER_HIDE_BANNER: 'true',
        CI: 'true',
        NO_COLOR: '1',
      },
    },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  try {
    let said = '';
    const url = await new Promise<string>((resolve, reject) => {
      const listen = (chunk: Buffer) => {
        said += chunk;
        const ready = /Ready on (http:\/\/\S+)/.exec(said);
        if (ready) resolve(ready[1]);
      };
      child.stdout.on('data', listen);
      child.stderr.on('data', listen);
      child.once('exit', () => reject(new Error(`wrangler dev ended: ${said}`)));
      setTimeout(() => reject(new Error(`workerd was not ready in a minute: ${said}`)), 60_000).unref();
    });
    const response = await fetch(url);
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status}: ${text}`);
    return JSON.parse(text);
  } finally {
    child.kill('SIGINT');
    const insist = setTimeout(() => child.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(insist);
  }
}

describe('the packed tarball', () => {
  it('works when it is imported in Node', () => {
    expect(Object.keys(inNode.digests)).toHaveLength(14);
    expect(inNode.refused).toMatch(/^ERR_/);
    expect(inNode.metrics).toBe(true);
    for (const digest of Object.values(inNode.digests)) expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(Object.values(inNode.digests)).size).toBe(13); // what JSON gives back is what went in
  });

  it('gives in Node the bytes that the sources give here', () => {
    // The kernel of this process may be another build (see the debug project): the bytes are the same.
    const values = new Float64Array(150);
    let state = 1;
    for (let i = 0; i < values.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      values[i] = (1 + ((state >>> 8) % 997) * ((state >>> 20) % 61)) / 10;
    }
    const bytes = new KllSketch({ seed: 1 }).extend(values).toBytes();
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(inNode.digests.staged);
  });

  it('gives the same digests and answers when esbuild bundles it for browsers', async () => {
    const { outputFiles, warnings } = await build({
      stdin: { contents: "export { scenario } from './scenario.js';", resolveDir: project.folder },
      bundle: true,
      minify: true,
      write: false,
      platform: 'browser',
      format: 'iife',
      globalName: 'bundle',
      target: 'es2022',
      logLevel: 'silent',
    });
    expect(warnings).toEqual([]);
    const script = outputFiles[0].text;
    expect(script).not.toMatch(/["']node:|require\(/);
    // Nothing of Node's: only what every page has.
    const page = createContext({ crypto: webcrypto, performance, btoa, atob });
    runInContext(script, page);
    expect(JSON.parse(await runInContext('bundle.scenario().then(JSON.stringify)', page))).toEqual(inNode);
  });

  it('gives the same digests and answers in workerd', async () => {
    const worker = join(project.folder, 'worker');
    cpSync(join(project.folder, 'scenario.js'), join(worker, 'scenario.js'));
    project.write(
      'worker/worker.js',
      // What an isolate keeps is made while its modules load, where workerd gives no random numbers.
      `import { KllSketch } from 'kll-wasm';
import { createCountingObserver, createEventLog } from 'kll-wasm/metrics';
import { scenario } from './scenario.js';
const image = new KllSketch({ seed: 1 }).add(1).toBytes({ state: false });
const kept = [
  new KllSketch().add(1),
  KllSketch.fromBytes(image),
  KllSketch.mergeAll([image]),
  new KllSketch({ observer: createCountingObserver() }).add(1),
  new KllSketch({ observer: createEventLog({ sink: () => {}, level: 'debug' }) }).add(1),
];
export default {
  async fetch() {
    for (const sketch of kept) sketch.extend(new Float64Array(5000));
    if (kept.some(({ n }) => n !== 5001)) throw new Error('values are missing');
    if (new Set(kept.map(({ seed }) => seed)).size !== kept.length) throw new Error('seeds are the same');
    return Response.json(await scenario());
  },
};
`,
    );
    project.write(
      'worker/wrangler.toml',
      'name = "scenario"\nmain = "worker.js"\ncompatibility_date = "2026-04-01"\nsend_metrics = false\n',
    );
    expect(await inWorkerd(worker)).toEqual(inNode);
  }, 240_000);
});
