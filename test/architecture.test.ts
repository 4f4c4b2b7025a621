import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SRC = join(ROOT, 'src');

/** The rooms, and what each may import from besides itself: rooms, folders of them, files. What is not given must be done without. */
const ROOMS: Record<string, string[]> = {
  // The kernel's owner throws the library's errors; nothing else of core is known to it.
  wasm: ['core/errors.ts'],
  core: ['wasm'],
  wire: ['core'],
  sketch: ['core', 'wire', 'wasm/abi.ts'],
  metrics: ['core', 'sketch'],
  adapters: ['core', 'wire', 'sketch', 'metrics', 'wasm/abi.ts', 'wasm/kernel.ts'],
  // The page knows the edge by its public HTTP API alone, and reads its sketches as anybody does; it measures itself.
  dashboard: ['adapters/browser/', 'index.ts'],
  cli: ['core', 'wire', 'sketch', 'metrics', 'entries'],
  entries: ['wasm', 'core', 'wire', 'sketch', 'metrics', 'adapters'],
};

/** What the edge alone may load besides: its platform, and packages that its bundle holds. */
const EDGE_PACKAGES = /^(cloudflare:workers|hono(\/.*)?|jose|valibot|hyparquet-writer)$/;

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));

/** Entries are the files of the top folder: they only compose. */
const roomOf = (file: string) => (file.includes('/') ? file.slice(0, file.indexOf('/')) : 'entries');

/** @param given a room, a folder of one, which ends in a slash, or a file */
const isIn = (given: string, file: string) =>
  given.endsWith('/') ? file.startsWith(given) : given === file || given === roomOf(file);

interface Import {
  from: string;
  specifier: string;
  isTypeOnly: boolean;
}

/** Every import and re-export of a file, dynamic ones too, as the compiler reads them. */
function importsOf(file: string): Import[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(join(SRC, file), 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );
  const imports: Import[] = [];
  const visit = (node: ts.Node): void => {
    if (
      (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) &&
      node.moduleSpecifier &&
      ts.isStringLiteral(node.moduleSpecifier)
    ) {
      const isTypeOnly = ts.isImportDeclaration(node)
        ? node.importClause?.isTypeOnly === true
        : node.isTypeOnly;
      imports.push({ from: file, specifier: node.moduleSpecifier.text, isTypeOnly });
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [specifier] = node.arguments;
      imports.push({ from: file, specifier: specifier.getText().slice(1, -1), isTypeOnly: false });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return imports;
}

// Style sheets have no code.
const imports = files.flatMap(importsOf).filter(({ specifier }) => !specifier.endsWith('.css'));
const target = ({ from, specifier }: Import) =>
  normalize(join(dirname(from), specifier))
    .replaceAll('\\', '/')
    .replace(/\.js$/, '.ts');

describe('the import graph', () => {
  it('has every folder of src as a room', () => {
    const rooms = new Set(files.map(roomOf));
    expect([...rooms].filter((room) => !(room in ROOMS))).toEqual([]);
    expect(rooms).toContain('core');
    expect(imports.length).toBeGreaterThan(files.length);
  });

  it('points one way', () => {
    const wrong = imports
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map((one) => [one, target(one)] as const)
      // What the build writes (the kernel) lies outside src.
      .filter(([, to]) => !to.startsWith('../dist/'))
      .filter(([{ from }, to]) => {
        const room = roomOf(from);
        return roomOf(to) !== room && !ROOMS[room].some((given) => isIn(given, to));
      })
      .map(([{ from }, to]) => `${from} imports ${to}`);
    expect(wrong).toEqual([]);
  });

  it('leads to files that exist', () => {
    const known = new Set(files);
    const missing = imports
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map((one) => [one.from, target(one)])
      .filter(([, to]) => !to.startsWith('../dist/') && !known.has(to));
    expect(missing).toEqual([]);
  });

  it('keeps Node, and every package, out of what browsers and Workers load', () => {
    const outside = imports
      .filter(({ from }) => roomOf(from) !== 'cli')
      .filter(
        ({ specifier, isTypeOnly }) => !specifier.startsWith('.') && specifier !== '#kernel' && !isTypeOnly,
      )
      .filter(
        ({ from, specifier }) => !(from.startsWith('adapters/workers/') && EDGE_PACKAGES.test(specifier)),
      )
      // An entry of its own, for those who have this package already.
      .filter(
        ({ from, specifier }) => !(from === 'metrics/opentelemetry.ts' && specifier === '@opentelemetry/api'),
      )
      .filter(
        ({ from, specifier }) =>
          !(roomOf(from) === 'dashboard' && ['uplot', 'web-vitals'].includes(specifier)),
      )
      .map(({ from, specifier }) => `${from} imports ${specifier}`);
    expect(outside).toEqual([]);
  });

  it('keeps adapters apart from each other', () => {
    const between = imports
      .filter(({ from, specifier }) => from.startsWith('adapters/') && specifier.startsWith('.'))
      .map((one) => [one.from.split('/')[1], target(one).split('/').slice(0, 2), one.from] as const)
      .filter(([own, [room, other]]) => room === 'adapters' && other !== own)
      .map(([, to, from]) => `${from} imports ${to.join('/')}`);
    expect(between).toEqual([]);
  });

  it('has no circle of files', () => {
    const graph = new Map(files.map((file) => [file, [] as string[]]));
    for (const one of imports) {
      // A type is gone when the code runs.
      if (one.specifier.startsWith('.') && !one.isTypeOnly) graph.get(one.from)?.push(target(one));
    }
    const done = new Set<string>();
    const circles: string[] = [];
    const walk = (file: string, path: string[]): void => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' > '));
      if (done.has(file) || path.includes(file)) return;
      for (const next of graph.get(file) ?? []) walk(next, [...path, file]);
      done.add(file);
    };
    for (const file of files) walk(file, []);
    expect(circles).toEqual([]);
  });
});

describe('the files', () => {
  const all = ['src', 'test', 'build', 'assembly', 'bench', 'ops', 'examples'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(ts|mts|js|mjs)$/.test(file) && !file.includes('node_modules'))
      .map((file) => join(folder, file)),
  );

  it('hold one concept each: none is called after a heap', () => {
    const heaps = all.filter((file) => /(^|\/)(utils?|helpers?|common|misc|shared)\.\w+$/.test(file));
    expect(heaps).toEqual([]);
  });

  it('of the library stay readable in one go', () => {
    const long = files
      .map(
        (file) =>
          [
            relative(ROOT, join(SRC, file)),
            readFileSync(join(SRC, file), 'utf8').split('\n').length,
          ] as const,
      )
      .filter(([, lines]) => lines > 500);
    expect(long).toEqual([]);
  });

  it('write import specifiers with their extension', () => {
    const bare = imports
      .filter(({ specifier }) => specifier.startsWith('.') && !/\.(js|wasm)$/.test(specifier))
      .map(({ from, specifier }) => `${from}: ${specifier}`);
    expect(bare).toEqual([]);
  });
});
