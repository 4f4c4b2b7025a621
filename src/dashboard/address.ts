/** What the forms say stands behind the # of the page's address, so that a view can be shared. */

/** What a form calls a field, as the address calls it: forms have fields of the same names. */
type NameOf = (field: string) => string;
const asItIs: NameOf = (field) => field;

/** Puts what fields say into the address; those that say nothing leave it, and what other forms keep there stays. */
export function keepInAddress(fields: FormData, nameOf = asItIs): void {
  const address = readAddress();
  for (const [field, value] of fields as unknown as Iterable<[string, string]>) {
    if (value) address.set(nameOf(field), value);
    else address.delete(nameOf(field));
  }
  history.replaceState(null, '', `#${address}`);
}

/** Fills a form with what the address keeps of it; what a choice does not offer stays as it is. */
export function restoreFromAddress(form: HTMLFormElement, nameOf = asItIs): void {
  const address = readAddress();
  for (const field of form.elements) {
    if (!(field instanceof HTMLSelectElement || field instanceof HTMLInputElement)) continue;
    const value = field.name && address.get(nameOf(field.name));
    if (!value) continue;
    if (field instanceof HTMLSelectElement && ![...field.options].some((option) => option.value === value))
      continue;
    field.value = value;
  }
}

export function readAddress(): URLSearchParams {
  return new URLSearchParams(location.hash.slice(1));
}
