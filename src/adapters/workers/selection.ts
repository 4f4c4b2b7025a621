/** Whether a series is among those a query asks for. */
import type { Matcher, Selection } from './contract.js';
import { type Labels, parseSeriesKey } from './series-key.js';

/**
 * A test of series keys, made once for many.
 * @param selection its name and matchers; all must hold, and a label that is missing counts as ''
 */
export function seriesTest({
  name,
  matchers,
}: Pick<Selection, 'name' | 'matchers'>): (key: string) => boolean {
  // A key begins with its name: most others are told apart without being parsed.
  const prefix = JSON.stringify([name]).slice(0, -1);
  const tests = matchers.map(labelTest);
  return (key) => {
    if (!key.startsWith(prefix) || !',]'.includes(key.charAt(prefix.length))) return false;
    if (tests.length === 0) return true;
    const { labels } = parseSeriesKey(key);
    return tests.every((test) => test(labels));
  };
}

function labelTest(matcher: Matcher): (labels: Labels) => boolean {
  const { label } = matcher;
  const labelOf = (labels: Labels) => (Object.hasOwn(labels, label) ? labels[label] : '');
  if (matcher.op === '=~') {
    const globs = matcher.alternatives.map(globTest);
    return (labels) => globs.some((test) => test(labelOf(labels)));
  }
  return (labels) => (labelOf(labels) === matcher.value) === (matcher.op === '=');
}

/**
 * A test of texts by a pattern in which `*` stands for any characters, also none. Each piece between two stars is
 * looked for once, from where the one before it ended: the leftmost place leaves most to those behind it, so nothing
 * is ever tried again.
 */
export function globTest(glob: string): (text: string) => boolean {
  const pieces = glob.split('*');
  if (pieces.length === 1) return (text) => text === glob;
  const first = pieces[0];
  const last = pieces[pieces.length - 1];
  const inner = pieces.slice(1, -1).filter((piece) => piece !== '');
  return (text) => {
    const end = text.length - last.length;
    if (!text.startsWith(first) || end < first.length || !text.endsWith(last)) return false;
    let at = first.length;
    for (const piece of inner) {
      const found = text.indexOf(piece, at);
      if (found < 0 || found + piece.length > end) return false;
      at = found + piece.length;
    }
    return true;
  };
}
