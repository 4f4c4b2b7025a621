/** Making elements, and finding those of the page. */

type Attributes = Record<string, string | number | boolean>;

/** An element with attributes and children; text is text, never markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, '');
    else if (value !== false) made.setAttribute(name, String(value));
  }
  made.append(...children);
  return made;
}

/** The one element of an id. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as T;
}

/** A card: a figure and what it is. */
export function card(
  value: string,
  what: string,
  detail: string | string[] = [],
  first = false,
): HTMLElement {
  return element(
    'div',
    first ? { class: 'first' } : {},
    element('span', {}, what),
    element('b', {}, value),
    ...[detail].flat().map((line) => element('span', {}, line)),
  );
}

/** Fills an element with a table. The element stays, and with it who scrolls or reads there. */
export function fillTable(within: HTMLElement, caption: string, head: string[], rows: string[][]): void {
  /** Columns of words, which are read from the left. */
  const isWords = head.map((_, i) => i === 0 || rows.some((row) => /[a-z]{3}.* /i.test(row[i])));
  within.replaceChildren(
    element(
      'table',
      {},
      element('caption', {}, caption),
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          ...head.map((cell, i) => element('th', { scope: 'col', ...kindOf(isWords[i]) }, cell)),
        ),
      ),
      element(
        'tbody',
        {},
        ...rows.map((row) =>
          element(
            'tr',
            {},
            ...row.map((cell, i) =>
              i === 0 ? element('th', { scope: 'row' }, cell) : element('td', kindOf(isWords[i]), cell),
            ),
          ),
        ),
      ),
    ),
  );
}

const kindOf = (isWords: boolean): Attributes => (isWords ? { class: 'words' } : {});

/** Changes the choices of a list, where they are others: an open one would close. */
export function offerChoices(
  select: HTMLSelectElement,
  choices: readonly (readonly [value: string, text: string])[],
): void {
  const now = [...select.options].map(({ value, text }) => [value, text]);
  if (JSON.stringify(now) === JSON.stringify(choices)) return;
  const before = select.value;
  select.replaceChildren(...choices.map(([value, text]) => element('option', { value }, text)));
  if (choices.some(([value]) => value === before)) select.value = before;
}
