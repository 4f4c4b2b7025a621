/** What the comparison with others holds, and its tables. */
import { figure, type Table } from './report.js';

/** Ranks at which the errors are listed. */
export const RANKS = [0.5, 0.9, 0.95, 0.99, 0.999];
/** What ours is measured as: ratios are to it. */
export const OURS = 'kll-high';
export const MANY_BLOBS = 'decode and merge 1000 blobs of 1000';

export interface PeerFigures {
  name: string;
  note: string;
  /** ns, with the distance of the quartiles. */
  times: Record<string, { median: number; iqr: number }>;
  /** Of a blob, by what was encoded. */
  bytes: Record<string, number>;
  /**
   * Rank error in % of n: at each of RANKS, and the largest of all; means over seeds where there are any. Null where
   * the peer refuses the stream.
   */
  errors: Record<string, { at: number[]; max: number } | null>;
  cannot: string[];
}

export interface PeerRow extends PeerFigures {
  /** gzip bytes of what a page would load. */
  bundle?: number;
}

export interface PeersReport {
  command: string;
  machine: string;
  seed: number;
  peers: Record<string, PeerRow>;
}

/** What ours must be, times faster. */
export const WANTED = [
  { peer: 'ddsketch', kind: 'add', times: 2.5 },
  { peer: 'hdr-wasm', kind: 'add', times: 2.5 },
  { peer: 'ddsketch', kind: `${MANY_BLOBS}: lognormal`, times: 5 },
  { peer: 'ddsketch', kind: `${MANY_BLOBS}: latencies, 0.1 ms`, times: 5 },
] as const;

/** ns as a reader takes them in. */
export function duration(ns: number): string {
  if (ns < 1e3) return `${figure(ns)} ns`;
  return ns < 1e6 ? `${figure(ns / 1e3)} us` : `${figure(ns / 1e6)} ms`;
}

function keysOf(rows: readonly PeerRow[], part: 'times' | 'bytes' | 'errors'): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row[part])))];
}

/** Every table of a report; times beside what was answered and what it weighs. */
export function peerTables({ peers }: PeersReport): Table[] {
  const rows = Object.values(peers);
  const base = peers[OURS] ?? rows[0];
  const times = keysOf(rows, 'times').map((kind): Table => {
    const measured = rows.filter((row) => row.times[kind]);
    return {
      title: kind,
      titles: ['', 'median', 'IQR', `x ${base.name}`],
      rows: measured.map(({ name, times: { [kind]: time } }) => [
        name,
        duration(time.median),
        duration(time.iqr),
        base.times[kind] ? figure(time.median / base.times[kind].median) : '',
      ]),
    };
  });
  const errors = keysOf(rows, 'errors').map(
    (stream): Table => ({
      title: `rank error in % of n, n = 1e6, ${stream}`,
      titles: ['', ...RANKS.map((rank) => `p${100 * rank}`), 'largest'],
      rows: rows.map(({ name, errors: { [stream]: error } }) => [
        name,
        ...(error
          ? [...error.at, error.max].map((each) => figure(Number(each.toFixed(4))))
          : [...RANKS.map(() => 'refused'), 'refused']),
      ]),
    }),
  );
  const kinds = keysOf(rows, 'bytes');
  const bytes: Table = {
    title: 'bytes of a blob, and what a page loads (gzip)',
    titles: ['', ...kinds, 'page'],
    rows: rows.map(({ name, bytes: sizes, bundle }) => [
      name,
      ...kinds.map((kind) => figure(sizes[kind]) || '-'),
      figure(bundle) || '-',
    ]),
  };
  return [...times, bytes, ...errors];
}

/** What each is and lacks, a line each. */
export function peerNotes({ peers }: PeersReport): string[] {
  return Object.values(peers).map(({ name, note, cannot }) => `${name}: ${[note, ...cannot].join('; ')}`);
}

/** Ours as the targets mean it, without tails, and as it comes. */
const COMPARED = ['kll-none', OURS];

export interface Comparison {
  kind: string;
  ours: string;
  peer: string;
  times: number;
  wanted: number;
  isMet: boolean;
}

/** How much faster ours is where it must be. */
export function comparisons({ peers }: PeersReport): Comparison[] {
  return WANTED.flatMap(({ peer, kind, times: wanted }) =>
    COMPARED.flatMap((compared) => {
      const theirs = peers[peer]?.times[kind];
      const ours = peers[compared]?.times[kind];
      if (!theirs || !ours) return [];
      const times = theirs.median / ours.median;
      const names = { ours: peers[compared].name, peer: peers[peer].name };
      return [{ kind, ...names, times, wanted, isMet: times >= wanted }];
    }),
  );
}
