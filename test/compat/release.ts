/**
 * Builds of the package to hold against each other: the one at hand (dist), and released ones. Of a release what can read
 * and write is kept as it was packed, `VERSION/kll-wasm-VERSION.tgz`, so that nothing has to be fetched; the command line and
 * types are left out, which are most of its bytes.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const COMPAT = fileURLToPath(new URL('.', import.meta.url));

export interface Build {
  version: string;
  /** Entries of the package, loaded beside those of other builds. */
  entries: Entries;
  /** Folder of the bundles for pages: the collector and its kernel. */
  lib: string;
  /** Folder of the built Worker. */
  worker: string;
}

export interface Entries {
  sketch: typeof import('../../src/index.js');
  formats: typeof import('../../src/formats.js');
  batch: typeof import('../../src/batch.js');
}

export interface UnpackedBuild extends Build {
  remove(): void;
}

/** The version at hand. */
export function versionAtHand(): string {
  return (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;
}

/** What was built from the sources at hand. Needs `npm run build`. */
export async function buildAtHand(): Promise<Build> {
  return await buildIn(ROOT, versionAtHand());
}

/** Versions with a corpus, oldest first. */
export function recordedVersions(): string[] {
  return readdirSync(COMPAT)
    .filter((name) => existsSync(join(COMPAT, name, 'manifest.json')))
    .sort(byVersion);
}

/**
 * The release before the version at hand; before the first one was published, the record of that itself, which may have been
 * made from older sources than those at hand.
 */
export function previousVersion(): string {
  const recorded = recordedVersions();
  const previous = recorded.filter((version) => byVersion(version, versionAtHand()) < 0).at(-1);
  const found = previous ?? recorded[0];
  if (!found) throw new Error('no release is recorded: run npm run compat:record');
  return found;
}

/** A release as it was packed. */
export async function unpackRelease(version: string): Promise<UnpackedBuild> {
  return await unpack(tarballOf(version), version);
}

export async function unpack(tarball: string, version: string): Promise<UnpackedBuild> {
  if (!existsSync(tarball)) throw new Error(`${tarball} is missing: it is part of the record of a release`);
  const folder = mkdtempSync(join(tmpdir(), 'kll-release-'));
  execFileSync('tar', ['-xzf', tarball, '-C', folder]);
  const build = await buildIn(join(folder, 'package'), version);
  return { ...build, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export function tarballOf(version: string): string {
  return join(COMPAT, version, `kll-wasm-${version}.tgz`);
}

async function buildIn(folder: string, version: string): Promise<Build> {
  const lib = join(folder, 'dist/lib');
  const load = async <Entry>(name: string) => (await import(pathToFileURL(join(lib, name)).href)) as Entry;
  return {
    version,
    entries: {
      sketch: await load('index.js'),
      formats: await load('formats.js'),
      batch: await load('batch.js'),
    },
    lib,
    worker: join(folder, 'dist/workers'),
  };
}

/** By their three numbers: what is on its way to a release counts as that. */
export function byVersion(a: string, b: string): number {
  const [x, y] = [a, b].map((version) => version.split('.').map((part) => Number.parseInt(part, 10)));
  return x[0] - y[0] || x[1] - y[1] || x[2] - y[2];
}
