/**
 * Bundles the entries: dist/lib (kernel embedded), dist/browser (the kernel of pages embedded), dist/workerd (kernel
 * imported), dist/cli.
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { thirdPartyNotices } from './third-party-notices.js';

const SUBPATHS = {
  formats: 'src/formats.ts',
  batch: 'src/batch.ts',
  metrics: 'src/metrics/index.ts',
  opentelemetry: 'src/metrics/opentelemetry.ts',
};

/** The main entry where a bundler takes it, and where a host loads it as it is. */
const MAIN = { bundled: 'src/index.ts', loaded: 'src/node.ts' };

/** Resolves `#kernel`, the one thing that differs between hosts. */
export function kernelFrom(source: 'embedded' | 'browser' | 'workerd'): Plugin {
  return {
    name: `kernel-${source}`,
    setup(context) {
      context.onResolve({ filter: /^#kernel$/ }, () => ({
        path: new URL(`../src/wasm/source.${source}.ts`, import.meta.url).pathname,
      }));
      // workerd imports the module beside the script.
      context.onResolve({ filter: /release\.wasm$/ }, () => ({ path: './kernel.wasm', external: true }));
    },
  };
}

/** Resolves `#objectives`: the command knows what is promised wherever it runs. */
const OBJECTIVES: Plugin = {
  name: 'objectives',
  setup(context) {
    context.onResolve({ filter: /^#objectives$/ }, () => ({
      path: new URL('../ops/slo/edge.yaml', import.meta.url).pathname,
    }));
  },
};

export const SHARED: BuildOptions = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  charset: 'utf8',
  sourcemap: false,
  logLevel: 'warning',
};

export async function bundle(): Promise<void> {
  for (const [outdir, source] of [
    ['dist/lib', 'embedded'],
    ['dist/browser', 'browser'],
    ['dist/workerd', 'workerd'],
  ] as const) {
    await build({
      ...SHARED,
      entryPoints: { index: source === 'embedded' ? MAIN.loaded : MAIN.bundled, ...SUBPATHS },
      outdir,
      splitting: true,
      external: ['@opentelemetry/api'],
      platform: 'neutral',
      chunkNames: 'chunk-[hash]',
      plugins: [kernelFrom(source)],
    });
  }
  for (const folder of ['dist/lib', 'dist/browser']) dropEmptyChunks(folder);
  for (const folder of ['dist/lib', 'dist/browser', 'dist/workerd']) keepOwnNames(folder);
  makeMainWhole('dist/lib');
  await minifyMain('dist/lib');
  await bundleBrowser();
  mkdirSync('dist/workerd', { recursive: true });
  copyFileSync('dist/kernel/release.wasm', 'dist/workerd/kernel.wasm');
  const { metafile } = await build({
    ...SHARED,
    metafile: true,
    entryPoints: { kll: 'src/cli/kll.ts' },
    outdir: 'dist/cli',
    platform: 'node',
    target: 'node20',
    legalComments: 'eof',
    plugins: [kernelFrom('embedded'), OBJECTIVES],
    loader: { '.yaml': 'text' },
    banner: {
      js: "#!/usr/bin/env node\nimport { createRequire as nodeRequire } from 'node:module';\nconst require = nodeRequire(import.meta.url);",
    },
  });
  writeFileSync('dist/cli/THIRD_PARTY_LICENSES.txt', thirdPartyNotices(metafile, '.'));
}

/** Splitting leaves files with nothing in them, and loading one costs an import a tenth of a millisecond. */
function dropEmptyChunks(folder: string): void {
  const files = readdirSync(folder).filter((file) => file.endsWith('.js'));
  const empty = files.filter((file) => statSync(`${folder}/${file}`).size === 0);
  for (const file of files.filter((one) => !empty.includes(one))) {
    const text = readFileSync(`${folder}/${file}`, 'utf8');
    const kept = empty.reduce((rest, chunk) => rest.replace(`import "./${chunk}";\n`, ''), text);
    if (kept !== text) writeFileSync(`${folder}/${file}`, kept);
  }
  for (const file of empty) rmSync(`${folder}/${file}`);
}

/**
 * Moves what all entries share into the main one: hosts that load files as they are wait a millisecond for every further
 * file. The other entries find it under `internals` there, which is no part of the API and not in its types.
 */
function makeMainWhole(folder: string): void {
  const main = readFileSync(`${folder}/index.js`, 'utf8');
  const [importing, chunk] = /^import \{[^}]*\} from "\.\/(chunk-\w+\.js)";\n/.exec(main) ?? ['', ''];
  const shared = readFileSync(`${folder}/${chunk}`, 'utf8');
  const [exporting, names] = /export \{\n([^}]*)\n\};\n$/.exec(shared) ?? ['', ''];
  if (!importing || !exporting || /^import /m.test(shared) || / as /.test(importing + exporting)) {
    throw new Error(`${folder}/index.js and its chunk are not as esbuild has always written them`);
  }
  const internals = `export const internals = {\n${names}\n};\n`;
  writeFileSync(
    `${folder}/index.js`,
    shared.slice(0, -exporting.length) + main.slice(importing.length) + internals,
  );
  rmSync(`${folder}/${chunk}`);
  for (const file of readdirSync(folder).filter((one) => one.endsWith('.js') && one !== 'index.js')) {
    const text = readFileSync(`${folder}/${file}`, 'utf8');
    const taken = text.replace(
      new RegExp(`^import \\{([^}]*)\\} from "\\./${chunk}";\\n`, 'm'),
      (_, wanted: string) =>
        `import { internals } from "./index.js";\nconst {${wanted.replaceAll(' as ', ': ')}} = internals;\n`,
    );
    if (taken.includes(chunk))
      throw new Error(`${folder}/${file} takes ${chunk} otherwise than by one import`);
    if (taken !== text) writeFileSync(`${folder}/${file}`, taken);
  }
}

/**
 * Half the text takes a host two thirds of the time to import; debuggers find the whole of it in the map. Lines stay short, for
 * hosts print the one that an uncaught error comes from, and public classes keep their names, which error messages and traces show.
 */
async function minifyMain(folder: string): Promise<void> {
  const file = `${folder}/index.js`;
  const { outputFiles } = await build({
    ...SHARED,
    stdin: { contents: readFileSync(file, 'utf8'), sourcefile: 'index.js', resolveDir: folder },
    bundle: false,
    minify: true,
    lineLimit: 120,
    sourcemap: 'linked',
    outfile: file,
    write: false,
  });
  for (const { path, text } of outputFiles)
    writeFileSync(path, path.endsWith('.map') ? text : withNames(text));
}

/** The text of a minified module in which every exported class has the name that it is exported by; no line moves. */
function withNames(module: string): string {
  const exported = module.match(/\bexport\s*\{([^}]*)\}/);
  if (!exported) throw new Error('the main entry exports nothing');
  const names = [...exported[1].matchAll(/([\w$]+)\s+as\s+([A-Z]\w*[a-z]\w*)/g)].map(
    ([, local, name]) => `Object.defineProperty(${local},"name",{value:"${name}"});`,
  );
  return module.replace(exported[0], `${names.join('')}${exported[0]}`);
}

/** A class that speaks of itself is bundled under a name of its own, which error messages and traces would show. */
function keepOwnNames(folder: string): void {
  for (const file of readdirSync(folder).filter((one) => one.endsWith('.js'))) {
    const text = readFileSync(`${folder}/${file}`, 'utf8');
    const named = text.replace(/\bKllSketch = class _KllSketch\b/, 'KllSketch = class KllSketch');
    if (named !== text) writeFileSync(`${folder}/${file}`, named.replace(/\b_KllSketch\b/g, 'KllSketch'));
  }
}

/** What the collector fetches when it needs the kernel: a file beside it. */
export const KERNEL_CHUNK = './browser-kernel.js';

/**
 * The collector and its kernel, a file each, with nothing shared: a page that never needs the kernel makes one request.
 * Minified, because pages load it without a bundler as well.
 */
async function bundleBrowser(): Promise<void> {
  const apart: Plugin = {
    name: 'kernel-chunk',
    setup(context) {
      context.onResolve({ filter: /\/kernel-chunk\.js$/ }, () => ({ path: KERNEL_CHUNK, external: true }));
    },
  };
  for (const [name, entry] of [
    ['browser', 'src/browser.ts'],
    ['browser-kernel', 'src/adapters/browser/kernel-chunk.ts'],
  ]) {
    await build({
      ...SHARED,
      entryPoints: { [name]: entry },
      outdir: 'dist/lib',
      platform: 'browser',
      minify: true,
      legalComments: 'none',
      plugins: [kernelFrom('browser'), apart],
    });
  }
}
