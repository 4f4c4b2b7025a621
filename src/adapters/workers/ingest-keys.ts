/** Ingest keys as texts, and how many there may be. */

/** Of a tenant. */
export const MOST_KEYS = 1000;
/** Of a tenant that are forgotten, and known to have been its own; the first ones go. */
export const MOST_FORMER_KEYS = 10_000;

/** The forms of keys, of pages and of others: anything else is refused without asking. */
export const KEY_FORM = /^(?:k_[\w-]{7}|kllpk_[0-9a-f]{32})$/;

/** A key no one guesses; its prefix tells what it is where it is found. */
export function senderKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `kllpk_${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** A key of pages, where everybody reads it: 42 random bits keep it apart from others, and each beacon pays for its length. */
export function pageKey(): string {
  const text = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(6))));
  return `k_${text.slice(0, 7).replaceAll('+', '-').replaceAll('/', '_')}`;
}
