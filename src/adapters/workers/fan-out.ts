/** Asking many objects, a bounded number at a time, none for ever. */

/** Objects that are asked at once. */
export const AT_ONCE = 16;
const LONGEST_MS = 10_000;

/** What `ask` answers for each, in their order; the first failure is the whole's. */
export async function inTurns<Item, Answer>(
  items: readonly Item[],
  ask: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = new Array(items.length);
  let next = 0;
  const turns = Array.from({ length: Math.min(AT_ONCE, items.length) }, async () => {
    while (next < items.length) {
      const at = next++;
      answers[at] = await ask(items[at]);
    }
  });
  await Promise.all(turns);
  return answers;
}

/** @throws when the object does not answer in time */
export async function within<Answer>(
  answer: Promise<Answer>,
  name: string,
  longestMs = LONGEST_MS,
): Promise<Answer> {
  const done = new AbortController();
  const tooLate = scheduler.wait(longestMs, { signal: done.signal }).then(() => {
    throw new Error(`no answer of ${name} in ${longestMs} ms`);
  });
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    tooLate.catch(() => {});
    done.abort();
  }
}
