/** The last answers of an isolate, for when an object does not answer: better old and labelled so than none. */
import type { QueryAnswer } from './query.js';

const MOST = 64;
const LONGEST_MS = 3_600_000;

interface Remembered {
  at: number;
  answer: QueryAnswer;
}

const answers = new Map<string, Remembered>();

/** @param identity tenant and query */
export function rememberAnswer(identity: string, answer: QueryAnswer): void {
  // One with many groups would crowd out the memory that all objects of the isolate share.
  if (answer.groups.length > 64) return;
  answers.delete(identity);
  answers.set(identity, { at: Date.now(), answer });
  if (answers.size > MOST) answers.delete(answers.keys().next().value!);
}

export function rememberedAnswer(identity: string): Remembered | undefined {
  const known = answers.get(identity);
  return known && Date.now() - known.at <= LONGEST_MS ? known : undefined;
}
