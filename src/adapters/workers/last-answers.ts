/**
 * The last answers of an isolate, for when an object does not answer: better old and labelled so than none. Their sketches
 * are kept as images, and all of them within a bound: the objects of the isolate share its memory.
 */
import { KllSketch } from '../../sketch/sketch.js';
import type { QueryGroup } from './combine.js';
import type { TenantConfig } from './contract.js';
import type { QueryAnswer, QueryAsk } from './query.js';

const MOST_BYTES = 4 * 2 ** 20;
/** One with much in it would crowd out the others. */
const MOST_BYTES_EACH = MOST_BYTES / 8;
/** Of an answer, a group of it, and a bucket that was left out, besides images and names. */
const OVERHEAD_BYTES = 256;
const LONGEST_MS = 3_600_000;
/** A stretch of time that ends so near to the clock moves on with it. */
const ABOUT_NOW_MS = 120_000;

/** Whose answers: with a reset the revision is another, and nothing of before is told any more. */
type Asked = Pick<TenantConfig, 'tenant' | 'revision'>;

interface Remembered {
  at: number;
  from: number;
  bytes: number;
  answer: Omit<QueryAnswer, 'groups'>;
  groups: (Omit<QueryGroup, 'sketch'> & { image: Uint8Array })[];
}

/** In order of their making, the oldest first. */
const answers = new Map<string, Remembered>();
let held = 0;

/** Bytes that all of them take, as estimated. */
export function rememberedBytes(): number {
  return held;
}

export function rememberAnswer(config: Asked, ask: QueryAsk, answer: QueryAnswer): void {
  const identity = identityOf(config, ask);
  forget(identity);
  const { groups, ...about } = answer;
  let bytes = identity.length + OVERHEAD_BYTES * (1 + groups.length + answer.leftOut.length);
  const images: Remembered['groups'] = [];
  for (const { sketch, ...group } of groups) {
    if (bytes > MOST_BYTES_EACH) return;
    const image = sketch.toBytes({ state: false });
    images.push({ ...group, image });
    bytes += image.length + JSON.stringify(group.labels).length;
  }
  if (bytes > MOST_BYTES_EACH) return;
  answers.set(identity, { at: Date.now(), from: ask.selection.from, bytes, answer: about, groups: images });
  held += bytes;
  for (const oldest of answers.keys()) {
    if (held <= MOST_BYTES) break;
    forget(oldest);
  }
}

/** The last answer to the same question, also where its stretch of time has only moved on with the clock. */
export function rememberedAnswer(
  config: Asked,
  ask: QueryAsk,
): { at: number; answer: QueryAnswer } | undefined {
  const known = answers.get(identityOf(config, ask));
  if (!known) return undefined;
  const { at, from, answer, groups } = known;
  const age = Date.now() - at;
  const moved = ask.selection.from - from;
  if (age > LONGEST_MS || moved < 0 || moved > age + 60_000) return undefined;
  const decoded = groups.map(({ image, ...group }) => ({ ...group, sketch: KllSketch.fromBytes(image) }));
  return { at, answer: { ...answer, groups: decoded } };
}

function forget(identity: string): void {
  held -= answers.get(identity)?.bytes ?? 0;
  answers.delete(identity);
}

/** Of a stretch of time that moves on with the clock it goes by how long that is, of another by where it lies. */
function identityOf(
  { tenant, revision }: Asked,
  { selection, by, asOf, last, wholeBuckets }: QueryAsk,
): string {
  const { name, matchers, from, to } = selection;
  const isMoving = Math.abs(to - Date.now()) <= ABOUT_NOW_MS;
  const stretch = last !== undefined ? { last } : isMoving ? to - from : { from, to };
  return JSON.stringify([tenant, revision, name, matchers, stretch, by, asOf, wholeBuckets]);
}
