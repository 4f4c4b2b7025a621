/** The last answers of an isolate, for when an object does not answer: better old and labelled so than none. */
import type { QueryAnswer, QueryAsk } from './query.js';

const MOST = 64;
const LONGEST_MS = 3_600_000;

interface Remembered {
  at: number;
  from: number;
  answer: QueryAnswer;
}

const answers = new Map<string, Remembered>();

export function rememberAnswer(tenant: string, ask: QueryAsk, answer: QueryAnswer): void {
  // One with many groups would crowd out the memory that all objects of the isolate share.
  if (answer.groups.length > 64) return;
  const identity = identityOf(tenant, ask);
  answers.delete(identity);
  answers.set(identity, { at: Date.now(), from: ask.selection.from, answer });
  if (answers.size > MOST) answers.delete(answers.keys().next().value!);
}

/** The last answer to the same question, also where its stretch of time has only moved on with the clock. */
export function rememberedAnswer(tenant: string, ask: QueryAsk): Remembered | undefined {
  const known = answers.get(identityOf(tenant, ask));
  if (!known) return undefined;
  const age = Date.now() - known.at;
  const moved = ask.selection.from - known.from;
  return age <= LONGEST_MS && moved >= 0 && moved <= age + 60_000 ? known : undefined;
}

function identityOf(tenant: string, { selection, by, asOf, wholeBuckets }: QueryAsk): string {
  const { name, matchers, from, to } = selection;
  return JSON.stringify([tenant, name, matchers, to - from, by, asOf, wholeBuckets]);
}
