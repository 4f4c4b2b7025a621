/** What is recorded of a release beside its blobs: `VERSION/manifest.json`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BlobKind, Facts } from './facts.js';
import { COMPAT } from './release.js';

export interface Manifest {
  version: string;
  blobs: { file: string; kind: BlobKind; sha256: string; facts: Facts }[];
  backup: BackupFacts;
  /** SHA-256 of each file of the package that is kept. */
  package: Record<string, string>;
}

/** A backup of an edge of the release, and what was in it. */
export interface BackupFacts {
  file: string;
  sha256: string;
  n: number;
  sum: number;
  byRoute: Record<string, { n: number; sum: number }>;
}

export function readManifest(version: string): Manifest {
  return JSON.parse(readFileSync(join(COMPAT, version, 'manifest.json'), 'utf8')) as Manifest;
}
