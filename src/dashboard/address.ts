/** What the forms say stands behind the # of the page's address, so that a view can be shared. */
import { localMoment } from './time-range.js';

/** What a form calls a field, as the address calls it: forms have fields of the same names. */
type NameOf = (field: string) => string;
const asItIs: NameOf = (field) => field;

/** A moment as a field has it, by the reader's clock, and as the address has it: whoever opens it may have another. */
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d$/;
const toAddress = (value: string) =>
  MOMENT.test(value) ? `${new Date(value).toISOString().slice(0, 16)}Z` : value;
const fromAddress = (value: string) =>
  value.endsWith('Z') && MOMENT.test(value.slice(0, -1)) ? localMoment(Date.parse(value)) : value;

/** Puts what fields say into the address; those that say nothing leave it, and what other forms keep there stays. */
export function keepInAddress(fields: FormData, nameOf = asItIs): void {
  const address = readAddress();
  for (const [field, value] of fields as unknown as Iterable<[string, string]>) {
    if (value) address.set(nameOf(field), toAddress(value));
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
    field.value = fromAddress(value);
  }
}

export function readAddress(): URLSearchParams {
  return new URLSearchParams(location.hash.slice(1));
}
