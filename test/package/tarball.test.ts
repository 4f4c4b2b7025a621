import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUDGET, bundledSize } from '../../build/size.js';
import { type PackedProject, packedProject, ROOT } from '../support/packed-project.js';

let project: PackedProject;
beforeAll(() => {
  project = packedProject();
});
afterAll(() => project?.remove());

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const node = (...args: string[]) =>
  execFileSync(process.execPath, args, {
    cwd: project.folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
const tool = (path: string) => join(ROOT, 'node_modules', path);

/** What the compiler says of a file, as strict as it can be. */
function typeErrors(file: string, settings: object): string {
  const strict = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false };
  const compilerOptions = { target: 'es2022', types: [], noEmit: true, ...strict, ...settings };
  project.write('tsconfig.json', JSON.stringify({ compilerOptions, files: [file] }));
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [tool('typescript/bin/tsc'), '-p', 'tsconfig.json'],
    { cwd: project.folder, encoding: 'utf8' },
  );
  return stdout + stderr;
}

/** Paths that the manifest points to. */
function targets(value: unknown): string[] {
  if (typeof value === 'string') return [value.replace(/^\.\//, '')];
  return value && typeof value === 'object' ? Object.values(value).flatMap(targets) : [];
}

describe('the packed tarball', () => {
  it('holds what it needs and nothing else', () => {
    const paths = [...project.files.keys()];
    const allowed =
      /^(dist\/(lib|browser|workerd|workers)\/[\w-]+\.(js|wasm)|dist\/lib\/index\.js\.map|dist\/types\/[\w/.-]+\.d\.ts|dist\/cli\/kll\.js|dist\/(cli|workers)\/THIRD_PARTY_LICENSES\.txt|docs\/[\w-]+\.md|package\.json|README\.md|CHANGELOG\.md|LICENSE|SECURITY\.md)$/;
    expect(paths.filter((path) => !allowed.test(path))).toEqual([]);
    for (const needed of ['package.json', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md'])
      expect(paths).toContain(needed);
  });

  it('has the documents that it points to', () => {
    const pointing = [...project.files.keys()].filter((path) => /^[A-Z]+\.md$|\.d\.ts$/.test(path));
    const named = pointing.flatMap((path) =>
      [...readFileSync(join(ROOT, path), 'utf8').matchAll(/\bdocs\/[\w-]+\.md\b/g)].map(([name]) => name),
    );
    expect(new Set(named).size).toBeGreaterThan(10);
    expect([...new Set(named)].filter((name) => !project.files.has(name))).toEqual([]);
  });

  it('has every file that its manifest names', () => {
    const { main, module, types } = manifest;
    const named = [
      ...targets(manifest.exports),
      ...targets(manifest.bin),
      ...targets({ main, module, types }),
    ];
    expect(named.length).toBeGreaterThan(10);
    // For those who do not read exports.
    const { default: loaded, browser, types: declared } = manifest.exports['.'];
    expect({ main, module, types }).toEqual({ main: loaded, module: browser, types: declared });
    expect(named.filter((path) => !project.files.has(path))).toEqual([]);
  });

  it('depends on nothing; what its user may bring along is optional', () => {
    expect(manifest.dependencies ?? {}).toEqual({});
    const optional = Object.keys(manifest.peerDependencies ?? {}).map((name) => [name, { optional: true }]);
    expect(manifest.peerDependenciesMeta ?? {}).toEqual(Object.fromEntries(optional));
  });

  it('has types before, and the default behind, every other condition', () => {
    for (const [path, conditions] of Object.entries<Record<string, string>>(manifest.exports)) {
      if (typeof conditions === 'string') continue;
      const names = Object.keys(conditions);
      expect([path, names[0], names.at(-1)]).toEqual([path, 'types', 'default']);
      expect(names.indexOf('workerd'), path).toBe(1);
    }
  });

  it('carries the kernel: as a module for workerd, in the script for others', () => {
    const workerd = [...project.files.keys()].filter((path) => path.startsWith('dist/workerd/'));
    const read = (path: string) => readFileSync(join(project.folder, 'node_modules/kll-wasm', path), 'utf8');
    const scripts = workerd.filter((path) => path.endsWith('.js')).map(read);
    expect(scripts.some((script) => script.includes('kernel.wasm'))).toBe(true);
    const kernelBytes = project.files.get('dist/workerd/kernel.wasm')!;
    for (const script of scripts) expect(script).not.toContain('new WebAssembly.Module(');
    // Embedded, it would be longer than the kernel by itself.
    expect(
      scripts.every((script) => !script.includes('\\0asm')),
      `${kernelBytes}`,
    ).toBe(true);
  });

  it('has a kll command that runs', () => {
    const kll = join(project.folder, 'node_modules/.bin/kll');
    expect(execFileSync(kll, ['--version'], { encoding: 'utf8' })).toContain(manifest.version);
  });

  it('can be asked for its version', () => {
    project.write(
      'version.js',
      "import own from 'kll-wasm/package.json' with { type: 'json' };\nconsole.log(own.version);\n",
    );
    expect(node('--no-warnings', 'version.js').trim()).toBe(manifest.version);
  });

  it('watches all sketches where the environment asks for it, and only there', () => {
    project.write(
      'watched.js',
      `import { KllSketch } from 'kll-wasm';
import { fromDataSketches, toDataSketches } from 'kll-wasm/formats';
import { renderPrometheus, telemetry } from 'kll-wasm/metrics';
new KllSketch().extend([1, 2, 3]).merge(fromDataSketches(toDataSketches(new KllSketch().add(4))));
console.log(telemetry() ? renderPrometheus(telemetry().collect()) : 'off');
`,
    );
    const run = (env: Record<string, string>) =>
      spawnSync(process.execPath, ['watched.js'], {
        cwd: project.folder,
        encoding: 'utf8',
        env: { ...process.env, ...env },
      });
    expect(run({ KLL_TELEMETRY: '' })).toMatchObject({ stdout: 'off\n', stderr: '' });
    const { stdout, stderr } = run({ KLL_TELEMETRY: '1', KLL_TELEMETRY_EVENTS: 'info' });
    for (const line of ['kll_ingest_values_total 4', 'kll_merge_sources_total 1', 'kll_merge_values_total 1'])
      expect(stdout).toContain(`${line}\n`);
    expect(stdout).toContain('kll_deserialize_outcomes_total{outcome="ok"} 1\n');
    expect(JSON.parse(stderr)).toMatchObject({ level: 'info', event: 'merge', values: 1 });
  });

  it('takes no file beside a bundle for its own', async () => {
    project.write('early.js', "import { KllSketch } from 'kll-wasm';\nnew KllSketch().add(1);\n");
    await build({
      absWorkingDir: project.folder,
      entryPoints: ['early.js'],
      outfile: join(project.folder, 'bundled/early.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'silent',
    });
    project.write('bundled/metrics.js', "console.log('the program');\n");
    const env = { ...process.env, KLL_TELEMETRY: '1' };
    const { stdout, stderr } = spawnSync(process.execPath, ['bundled/early.mjs'], {
      cwd: project.folder,
      encoding: 'utf8',
      env,
    });
    expect([stdout, stderr]).toEqual(['', '']);
  });

  it('logs a sketch by what it says', () => {
    project.write(
      'logged.js',
      "import { KllSketch } from 'kll-wasm';\nconsole.log({ sketch: new KllSketch().extend([1, 2, 6]) });\n",
    );
    expect(node('logged.js').replace(/\s+/g, ' ')).toBe(
      "{ sketch: KllSketch { k: 200, tails: 'high', n: 3, min: 1, max: 6, mean: 3, numRetained: 3, rankError: 0 } } ",
    );
  });

  it.each(['default', 'browser', 'workerd'])('names its classes as it exports them: %s', (condition) => {
    const names = "['KllSketch', 'SketchArgumentError', 'SketchDataError', 'SketchRuntimeError']";
    project.write(
      'names.js',
      condition === 'workerd'
        ? "import { readFileSync, readdirSync } from 'node:fs';\nconst folder = 'node_modules/kll-wasm/dist/workerd/';\n" +
            "console.log(readdirSync(folder).some((file) => readFileSync(folder + file, 'utf8').includes('_KllSketch')) ? '_' : 'ok');\n"
        : `import * as kll from 'kll-wasm';\nconsole.log(${names}.filter((name) => kll[name].name !== name).join() || 'ok');\n`,
    );
    expect(node(...(condition === 'default' ? [] : ['-C', condition]), 'names.js')).toBe('ok\n');
  });

  it('says what is wrong within a screen, where nobody catches it', () => {
    project.write('uncaught.js', "import { KllSketch } from 'kll-wasm';\nnew KllSketch().add(NaN);\n");
    const { stderr } = spawnSync(process.execPath, ['uncaught.js'], {
      cwd: project.folder,
      encoding: 'utf8',
    });
    expect(stderr).toContain('SketchArgumentError: x: expected a finite number, found NaN\n');
    expect(stderr.length).toBeLessThan(2000);
  });

  it('asks for OpenTelemetry in one entry alone', () => {
    project.write(
      'bridge.js',
      "await import('kll-wasm/metrics');\nawait import('kll-wasm/opentelemetry').catch((e) => console.log(e.message));\n",
    );
    expect(node('bridge.js')).toContain("Cannot find package '@opentelemetry/api'");
  });

  it('shows nothing but its entries', () => {
    project.write(
      'inside.js',
      "await import('kll-wasm/dist/lib/index.js').catch((e) => console.log(e.code));\n",
    );
    expect(node('inside.js').trim()).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });

  it.each([
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])('has types that resolve (module %s, resolution %s)', (module, moduleResolution) => {
    project.write(
      'consumer.ts',
      `import { KllSketch, SketchArgumentError, SketchDataError, type Bounds, type SketchObserver } from 'kll-wasm';
import { encodeBatch } from 'kll-wasm/batch';
import { fromAny, toDataSketches, type DataSketchesType } from 'kll-wasm/formats';
import { createCountingObserver, renderPrometheus } from 'kll-wasm/metrics';
import { type CollectorOptions, createCollector, longTasks } from 'kll-wasm/browser';

const observer: SketchObserver = { onQuery: ({ kind, answers }) => void [kind.length, answers + 1] };
const sketch = new KllSketch({ k: 200, seed: 7n, tails: 'both', observer });
sketch.add(1).add(2, 3).extend([1, 2]).extend(new Float32Array(3)).extend(new Set([1])).extendWeighted([1], [2]);
const type: DataSketchesType = 'float';
const bytes: Uint8Array = sketch.toBytes({ precision: { bits: 9 }, state: false });
const merged: KllSketch = KllSketch.mergeAll([sketch, bytes, fromAny(toDataSketches(sketch, type), { type })]);
const { lower, upper }: Bounds = merged.quantileBounds(0.99);
const answers: number[] = merged.quantilesAt([0.5, lower / upper]);
for (const { item, weight } of merged) answers[0] = item * weight;
try {
  KllSketch.fromJSON(JSON.parse(JSON.stringify(sketch.condense(100, { sharp: true }))));
} catch (error) {
  if (error instanceof SketchDataError && error.code === 'ERR_CHECKSUM') console.log(error.offset);
  if (error instanceof SketchArgumentError && error.code === 'ERR_WEIGHT') console.log(error.argument);
}
renderPrometheus(createCountingObserver().collect());
const collecting: CollectorOptions = { endpoint: '/v1/ingest', sources: [longTasks()], labels: ({ hash }) => ({ hash }) };
const timed: number = createCollector(collecting).time('work', () => 7, { step: 'one' });
answers[0] = timed;
const batch = encodeBatch({ id: bytes, created: 0, key: undefined, series: [{ name: 'a', labels: {}, age: 0, sketch }] });
for (const body of [sketch.toBytes(), toDataSketches(sketch), batch]) {
  navigator.sendBeacon('/', body);
  void [fetch('/', { method: 'POST', body }), new Response(body), new Blob([body]), crypto.subtle.digest('SHA-256', body)];
}
sketch.extend([1] as const, { invalid: undefined }).toBytes({ precision: undefined, state: undefined, sum: undefined });
new KllSketch({ k: undefined, seed: undefined, tails: undefined, observer: undefined }).rankError({ pmf: undefined });
KllSketch.mergeAll([], { k: undefined, maxK: undefined, invalid: undefined, onSkip: undefined, shards: undefined });
KllSketch.fromBytes(bytes, { maxK: undefined, seed: undefined, tails: undefined }).quantile(0.5, { interpolate: undefined });
// @ts-expect-error: what only has a length is not taken at run time either
sketch.extend({ length: 1, 0: 5 });
// @ts-expect-error: neither here
sketch.cdf({ length: 1, 0: 5 });
// @ts-expect-error: nor are BigInts values
sketch.extend(BigInt64Array.of(1n));
// @ts-expect-error: values are numbers
sketch.add('1');
// @ts-expect-error: there is no such policy
new KllSketch({ tails: 'low' });
// @ts-expect-error: a code that no error has
export const never = (error: SketchDataError) => error.code === 'ERR_NO_SUCH_CODE';
`,
    );
    expect(typeErrors('consumer.ts', { module, moduleResolution, lib: ['es2022', 'dom'] })).toBe('');
  });

  it('has types that need no page', () => {
    project.write(
      'server.ts',
      `import { KllSketch } from 'kll-wasm';
import { decodeBatch } from 'kll-wasm/batch';
import { toDataSketches } from 'kll-wasm/formats';
import { telemetry } from 'kll-wasm/metrics';
export const all = [KllSketch, decodeBatch, toDataSketches, telemetry];
`,
    );
    const settings = { module: 'nodenext', moduleResolution: 'nodenext', lib: ['es2022'] };
    expect(typeErrors('server.ts', settings)).toBe('');
  });

  it('has types that TypeScript before 5.7 reads: its arrays have no type of their memory', () => {
    const declarations = [...project.files.keys()].filter((path) => path.endsWith('.d.ts'));
    const newer = declarations.filter((path) => {
      const text = readFileSync(join(project.folder, 'node_modules/kll-wasm', path), 'utf8');
      return /Array<(ArrayBuffer|SharedArrayBuffer)/.test(text.replace(/\/\*[\s\S]*?\*\//g, ''));
    });
    expect(newer).toEqual([]);
  });

  it('passes publint', () => {
    const said = node(tool('publint/src/cli.js'), '--strict', 'node_modules/kll-wasm');
    expect(said).toContain('All good');
  });

  it('passes are-the-types-wrong', () => {
    const said = node(
      tool('@arethetypeswrong/cli/dist/index.js'),
      project.tarball,
      '--profile',
      'esm-only',
      '--no-color',
      '--format',
      'table-flipped',
    );
    // It ends with 1 where it finds a problem.
    for (const entry of ['', '/formats', '/batch', '/browser', '/metrics', '/opentelemetry'])
      expect(said).toMatch(new RegExp(`"kll-wasm${entry}".*(ESM)`));
  });

  it('costs a page no more than the budget', async () => {
    const installed = join(project.folder, 'node_modules/kll-wasm/dist/browser');
    const core = await bundledSize(`export * from '${installed}/index.js'`);
    const formats = await bundledSize(
      `export * from '${installed}/index.js'; export * from '${installed}/formats.js'`,
    );
    console.log(
      `core entry: ${core.raw} bytes, ${core.gzip} gzip of ${BUDGET.core}; with formats ${formats.gzip} gzip`,
    );
    expect(core.gzip).toBeLessThanOrEqual(BUDGET.core);
    expect(formats.gzip).toBeGreaterThan(core.gzip);
  });
});
