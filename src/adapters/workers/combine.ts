/**
 * What ingest objects and series objects gave becomes the groups of an answer. Of what is pending only that counts which
 * its owner had not applied when it was read: so nothing counts twice and nothing is missed, whatever is sealed and
 * handed over in between. Sketches are merged, never quantiles.
 */
import { MAX_N } from '../../core/image.js';
import type { Mergeable } from '../../core/merging.js';
import type { KllSketch } from '../../sketch/sketch.js';
import type { LeftOut, PendingAnswer, ReadAnswer, TenantConfig } from './contract.js';
import { codeOf } from './error-code.js';
import { type GroupLabels, groupLabels } from './grouping.js';
import { decodePart, type Part, PartMerge } from './part-merge.js';
import { slotOf } from './series-key.js';

export interface QueryGroup {
  labels: GroupLabels;
  sketch: KllSketch;
  from: number;
  to: number;
}

/** Of one group, still as images: many groups are many sketches, and each is decoded when its turn has come. */
export interface GroupParts {
  labels: GroupLabels;
  images: { image: ArrayBuffer; from: number; to: number; key: string }[];
}

/** What counts, by group. @param reads in order of slots */
export function partsByGroup(
  { rings }: TenantConfig,
  by: readonly string[] | 'each' | undefined,
  pending: readonly (PendingAnswer | undefined)[],
  reads: readonly ReadAnswer[],
  explain: { pendingRows: number; pendingRowsCounted: number },
): GroupParts[] {
  const groups = new Map<string, GroupParts>();
  const add = (labels: GroupLabels, image: GroupParts['images'][number]) => {
    const name = JSON.stringify(labels);
    const group = groups.get(name);
    if (group) group.images.push(image);
    else groups.set(name, { labels, images: [image] });
  };
  for (const read of reads) {
    for (const { labels, image, from, to } of read.groups) {
      add(labels as unknown as GroupLabels, { image, from, to, key: '' });
    }
  }
  for (const answer of pending) {
    for (const { sequence, ringVersion, key, start, image } of answer?.rows ?? []) {
      explain.pendingRows++;
      const ring = rings.find(({ version }) => version === ringVersion);
      if (!ring) throw new Error(`ring version ${ringVersion} is not in the tenant's configuration`);
      if (sequence <= (reads[slotOf(key, ring.series)].applied[answer!.sender] ?? 0)) continue;
      explain.pendingRowsCounted++;
      add(groupLabels(key, by), { image, from: start, to: start + 60_000, key });
    }
  }
  return [...groups.values()];
}

/** One group as one sketch; none where nothing of it can be read. @param leftOut told of what cannot */
export function mergeParts(
  { labels, images }: GroupParts,
  config: TenantConfig,
  leftOut: LeftOut[],
): [] | [QueryGroup] {
  let n = 0;
  let [first, last] = [Infinity, -Infinity];
  // One after the other: of what waits for hours there may be very many.
  const parts = function* (): Generator<Part> {
    for (const { image, from, to, key } of images) {
      let part: Mergeable;
      try {
        part = decodePart(new Uint8Array(image));
        if (n + part.n > MAX_N) throw Object.assign(new Error(), { code: 'ERR_COUNT_OVERFLOW' });
      } catch (error) {
        leftOut.push({ key, start: from, resolution: 'minute', code: codeOf(error) });
        continue;
      }
      n += part.n;
      first = Math.min(first, from);
      last = Math.max(last, to);
      yield part;
    }
  };
  const sketch = PartMerge.of(parts(), config);
  return first === Infinity ? [] : [{ labels, sketch, from: first, to: last }];
}
