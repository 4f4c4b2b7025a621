/** An error as the log may have it: where it came from, and its message without what may be a stranger's. */

const LONGEST_MESSAGE = 300;
const MOST_FRAMES = 6;
/** What may stand in a message and says who somebody is, or what was asked for. */
const STRANGERS: readonly [RegExp, string][] = [
  [/"(?:[^"\\]|\\.)*"?/g, '"…"'],
  [/\b[a-z][a-z0-9+.-]*:\/\/\S+/gi, '<url>'],
  [/[^\s@<>]+@[^\s@<>]+/g, '<address>'],
  [/\bk(?:llpk)?_[\w-]+/g, '<key>'],
  [/[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/g, '<token>'],
  [/\b(?=[0-9a-f-]*\d)[0-9a-f][0-9a-f-]{15,}\b/gi, '<id>'],
];

export interface ErrorFields {
  error: string;
  code?: string;
  message: string;
  /** Innermost first: function, file, line. */
  frames?: string[];
}

export function describeError(error: unknown): ErrorFields {
  if (!(error instanceof Error)) return { error: typeof error, message: scrub(String(error)) };
  const { name, message, stack } = error;
  const code = 'code' in error ? { code: scrub(String(error.code)) } : {};
  const frames = framesOf(stack ?? '');
  return { error: name, ...code, message: scrub(message), ...(frames.length > 0 ? { frames } : {}) };
}

/** A text without what may be a stranger's. */
export function scrub(text: string): string {
  let clean = text.slice(0, 4 * LONGEST_MESSAGE);
  for (const [pattern, mark] of STRANGERS) clean = clean.replace(pattern, mark);
  return clean.slice(0, LONGEST_MESSAGE);
}

/** Lines of a stack that are places in code, without the folders they lie in; its first lines are the message. */
function framesOf(stack: string): string[] {
  return stack
    .split('\n')
    .flatMap((line) => {
      const [, where = '', file] =
        /^\s+at (?:(?:async )?([\w.#<>$ ]{1,80}) \()?(?:[^\s()]*\/)?([\w.-]+:\d+:\d+)\)?$/.exec(line) ?? [];
      return file ? [`${where} ${file}`.trim()] : [];
    })
    .slice(0, MOST_FRAMES);
}
