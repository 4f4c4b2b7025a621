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
export function card(value: string, what: string, detail = '', first = false): HTMLElement {
  return element(
    'div',
    first ? { class: 'first' } : {},
    element('span', {}, what),
    element('b', {}, value),
    element('span', {}, detail),
  );
}

export function table(caption: string, head: string[], rows: (Node | string)[][]): HTMLElement {
  const cells = (tag: 'th' | 'td', row: (Node | string)[]) =>
    row.map((cell, i) =>
      tag === 'th' || i === 0
        ? element('th', { scope: tag === 'th' ? 'col' : 'row' }, cell)
        : element('td', { class: typeof cell === 'string' && /[a-z]{3}/i.test(cell) ? 'words' : '' }, cell),
    );
  return element(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    element(
      'table',
      {},
      element('caption', {}, caption),
      element('thead', {}, element('tr', {}, ...cells('th', head))),
      element('tbody', {}, ...rows.map((row) => element('tr', {}, ...cells('td', row)))),
    ),
  );
}
