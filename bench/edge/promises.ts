/** What the edge promises under load (docs/edge.md), and what of it a run did not keep. */

export interface Promised {
  /** 95 of 100 answers come within so many milliseconds of when the request was due. */
  p95Ms: number;
}

export interface Measured {
  what: string;
  asked: number;
  ok: number;
  p95: number;
  promised?: Promised;
}

/** @returns a line for each promise that was not kept: more than it can take may be refused, what is promised may not */
export function broken(phases: readonly Measured[]): string[] {
  return phases.flatMap(({ what, asked, ok, p95, promised }) => {
    if (!promised) return [];
    const lines: string[] = [];
    if (ok < asked) lines.push(`${what}: ${asked - ok} of ${asked} were not taken`);
    // None answered has no percentile: that is no promise kept.
    if (!(p95 < promised.p95Ms))
      lines.push(`${what}: p95 ${p95.toFixed(1)} ms, promised ${promised.p95Ms} ms`);
    return lines;
  });
}
