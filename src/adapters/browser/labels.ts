/** Labels that may leave the page: no origins, query strings, fragments or ids, and none that an aggregator refuses. */

export type Labels = Readonly<Record<string, string>>;

/** Characters of a name, a label key or a label value; at most three bytes each. */
const LONGEST = 100;
/** Labels of a series. */
const MOST_LABELS = 16;
const ID = ':id';

/**
 * A URL or path as a route template: origin, query string and fragment are dropped, and `:id` stands for a segment that
 * looks like an id: digits of any script without a letter, a UUID, an address, a token of letters and digits whatever signs stand
 * between them, parameters (`;` or `=`), or anything longer than 32 characters. Words beside them stay; escapes become the
 * letters that they stand for.
 * @example
 * routeTemplate('https://shop.example/orders/8231/items?from=mail#top'); // '/orders/:id/items'
 */
export function routeTemplate(url: string): string {
  let path = pathOf(url);
  try {
    path = pathOf(decodeURIComponent(path));
  } catch {
    // Words that nobody can decode are ids, for their % signs.
  }
  return path.replace(/[^/\s]+/g, (word) => (isPlace(word) ? word : ID)) || '/';
}

/** Without origin, query string and fragment. */
function pathOf(url: string): string {
  return url.replace(/^([a-z][a-z\d+.-]*:)?(\/\/[^/?#]*)?|:\/\/[^/?#]*/gi, '').replace(/[?#].*$/s, '');
}

/** Whether a word of a path names a place and nobody. A dot is no end of an id: it may be an address, or the name of a file. */
function isPlace(word: string): boolean {
  // Those are short: no pattern takes long.
  return !isId(word.replace(/\./g, '')) && !/[;=]|^\P{L}*\p{Nd}\P{L}*$/u.test(word);
}

/** Versions, and sizes of a few digits, are none. */
function isId(text: string): boolean {
  return text.length > 32 || /[@%]|\d{4}|^(?=.*\d.*\d)[\w~=+$,;:-]{6,}$|^[\da-f]{8}-|(\d+\.){3}/i.test(text);
}

/** A label value as it may leave the page: a template where it is a URL or a path, `:id` where it is an id. */
export function cleanLabel(value: string): string {
  return printable(/[/?#]|^[a-z][a-z\d+.-]*:/i.test(value) ? routeTemplate(value) : isId(value) ? ID : value);
}

/** Text that every aggregator takes: no control characters, no halves of characters, and short. */
export function printable(text: unknown): string {
  return String(text).slice(0, LONGEST).replace(/\p{C}/gu, '');
}

/** A name as it may leave the page: a template where it holds an address. */
export function cleanName(name: string): string {
  return printable(/@|\/\//.test(name) ? routeTemplate(String(name)) : name);
}

/** Clean labels, their keys in order. Keys that are empty or reserved for the server are left out. */
export function cleanLabels(labels: Labels, clean: (value: string, key: string) => string): Labels {
  return Object.fromEntries(
    Object.keys(labels)
      .filter((key) => labels[key] !== undefined && !/^(__.*)?$/s.test(printable(key)))
      .sort()
      .slice(0, MOST_LABELS)
      .map((key) => [cleanName(key), printable(clean(String(labels[key]), key))]),
  );
}
