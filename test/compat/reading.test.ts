/** Blobs between releases: what was ever written is read to the same facts, and what is written now the previous release reads. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectBeacons } from './beacons.js';
import { writeBlobs } from './blobs.js';
import { type Blob, factsOf, KINDS } from './facts.js';
import { type Manifest, readManifest } from './manifest.js';
import {
  type Build,
  buildAtHand,
  COMPAT,
  previousVersion,
  recordedVersions,
  type UnpackedBuild,
  unpackRelease,
  versionAtHand,
} from './release.js';

let atHand: Build;
let previous: UnpackedBuild;
beforeAll(async () => {
  atHand = await buildAtHand();
  previous = await unpackRelease(previousVersion());
});
afterAll(() => previous?.remove());

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe.each(recordedVersions())('blobs of version %s', (version) => {
  const { blobs }: Manifest = readManifest(version);
  const bytesOf = (file: string) => new Uint8Array(readFileSync(join(COMPAT, version, file)));

  it('lie here as they were written', () => {
    for (const { file, sha256: recorded } of blobs)
      expect([file, sha256(bytesOf(file))]).toEqual([file, recorded]);
  });

  it('are of every format, codec, flag and tail guarantee', () => {
    expect(new Set(blobs.map(({ kind }) => kind))).toEqual(new Set(KINDS));
    const headers = blobs.filter(({ kind }) => kind === 'compact').map(({ file }) => bytesOf(file));
    expect(new Set(headers.map(([, , flags]) => flags & 3))).toEqual(new Set([0, 1, 2, 3]));
    expect(new Set(headers.map(([, , flags]) => flags >> 6))).toEqual(new Set([0, 1, 2]));
    for (const bit of [4, 8, 16, 32])
      expect(new Set(headers.map(([, , flags]) => flags & bit))).toEqual(new Set([0, bit]));
    // Whether there is a sum.
    expect(new Set(headers.map(([, version]) => version & 2))).toEqual(new Set([0, 2]));
  });

  it.each(KINDS)('are read by this build as they were by their own: %s', (kind) => {
    const of = blobs.filter((blob) => blob.kind === kind);
    expect(of.length).toBeGreaterThan(0);
    for (const { file, facts } of of)
      expect([file, factsOf(atHand.entries, { kind, bytes: bytesOf(file) })]).toEqual([file, facts]);
  });

  it('merge here to the exact count of all', () => {
    const { KllSketch } = atHand.entries.sketch;
    const sketches = blobs
      .filter(({ kind, file }) => kind === 'compact' && !/infinit/.test(file))
      .map(({ file }) => bytesOf(file));
    const n = sketches.reduce((total, bytes) => total + KllSketch.fromBytes(bytes).n, 0);
    expect(KllSketch.mergeAll(sketches, { k: 200 }).n).toBe(n);
  });
});

describe('the package that is kept of the previous release', () => {
  it('has the files that were packed', () => {
    const { package: packed } = readManifest(previous.version);
    const root = dirname(dirname(previous.lib));
    for (const [file, recorded] of Object.entries(packed))
      expect([file, sha256(readFileSync(join(root, file)))]).toEqual([file, recorded]);
    for (const needed of [
      'package.json',
      'dist/lib/index.js',
      'dist/lib/browser.js',
      'dist/workers/worker.js',
    ])
      expect(packed).toHaveProperty([needed]);
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(version).toBe(previous.version);
  });
});

describe('blobs of this build', () => {
  let written: Blob[];
  beforeAll(async () => {
    written = [...writeBlobs(atHand.entries), ...(await collectBeacons(atHand))];
  });

  it.each(KINDS)('are read by the previous release as by this one: %s', (kind) => {
    const of = written.filter((blob) => blob.kind === kind);
    expect(of.length).toBeGreaterThan(0);
    for (const { file, bytes } of of)
      expect([file, factsOf(previous.entries, { kind, bytes })]).toEqual([
        file,
        factsOf(atHand.entries, { kind, bytes }),
      ]);
  });

  if (recordedVersions().includes(versionAtHand())) {
    it('are those recorded for its version: otherwise npm run compat:record, before it is published', () => {
      const { blobs } = readManifest(versionAtHand());
      expect(Object.fromEntries(written.map(({ file, bytes }) => [file, sha256(bytes)]))).toEqual(
        Object.fromEntries(blobs.map(({ file, sha256: recorded }) => [file, recorded])),
      );
    });
  }
});
