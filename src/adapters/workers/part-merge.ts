/**
 * Parts of buckets as a merge takes them: decoded, without a sketch made of each, for hundreds of them make an answer.
 * They go into the kernel as they come.
 */
import { type Mergeable, mergeableImage, mergeableInKernel } from '../../core/merging.js';
import { KllSketch } from '../../sketch/sketch.js';
import { decodeCompact } from '../../wire/compact-decode.js';
import type { BucketRow } from './buckets.js';
import type { TenantConfig } from './contract.js';

/** A part in memory: its sketch where values came into it since it was read, else what a merge takes. */
export type Part = KllSketch | Mergeable;

/** Items it holds. */
export function itemsOf(part: Part): number {
  return part instanceof KllSketch ? part.numRetained : part.state.retained;
}

export class PartMerge extends KllSketch {
  /**
   * Merges parts into a new sketch of working k.
   * @param parts what gives them must leave the kernel alone, for it is in use
   */
  static of(parts: Iterable<Part>, { workingK: k, tails }: TenantConfig): KllSketch {
    const merged = new PartMerge({ k, tails });
    merged.absorb(mergeables(parts));
    return merged;
  }

  /** What a merge takes of any sketch: only a class of sketches can reach it. */
  static mergeableOf(sketch: KllSketch): Mergeable {
    return (sketch as PartMerge).mergeable;
  }
}

function* mergeables(parts: Iterable<Part>): Generator<Mergeable> {
  for (const part of parts) yield part instanceof KllSketch ? PartMerge.mergeableOf(part) : part;
}

/** @throws SketchDataError, also when it holds another number of values than its row says */
export function readPart({ n }: Pick<BucketRow, 'n'>, image: Uint8Array): Mergeable {
  const part = decodePart(image);
  requireCount(part.n, n);
  return part;
}

/** @throws SketchDataError */
export function decodePart(image: Uint8Array): Mergeable {
  return mergeableInKernel(image) ?? mergeableImage(decodeCompact(image));
}

/** The sketch of a part, to go on with. @throws as `readPart` */
export function readBucket({ n }: Pick<BucketRow, 'n'>, image: Uint8Array): KllSketch {
  const sketch = KllSketch.fromBytes(image);
  requireCount(sketch.n, n);
  return sketch;
}

function requireCount(found: number, expected: number): void {
  if (found === expected) return;
  throw Object.assign(new Error(`expected n ${expected}, found ${found}`), { code: 'ERR_COUNT' });
}
