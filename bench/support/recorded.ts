/** docs/benchmarks.json: what full runs leave, and what the documents are made from. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { TechniqueResult } from '../micro/technique.js';
import type { Result } from './case.js';
import type { ObserverReport } from './observer-report.js';
import type { PeersReport } from './peers-report.js';
import type { Speed } from './targets.js';

export interface GroupResults {
  title: string;
  /** Floor and sort of a million lognormal values in that process. */
  machine: Speed;
  results: Result[];
}

export interface OursReport {
  command: string;
  machine: string;
  seed: number;
  groups: Record<string, GroupResults>;
}

export interface MicroReport {
  command: string;
  machine: string;
  seed: number;
  /** Step upon step, the floor first. */
  paths: TechniqueResult[];
  techniques: TechniqueResult[];
}

/** One part for each command. */
export interface Recorded {
  ours: OursReport;
  peers: PeersReport;
  micro: MicroReport;
  observer: ObserverReport;
}

const FILE = 'docs/benchmarks.json';

export function recorded(): Partial<Recorded> {
  return existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : {};
}

/** Replaces one part; the others stay as they were. */
export function record<Part extends keyof Recorded>(part: Part, report: Recorded[Part]): void {
  writeFileSync(FILE, `${JSON.stringify({ ...recorded(), [part]: report }, null, 1)}\n`);
}
