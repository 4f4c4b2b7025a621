/** Ingest keys as texts, and how many there may be. */
import { hexOf } from './hex.js';

/** Of a tenant. */
export const MOST_KEYS = 1000;
/** Of a tenant that are forgotten, and known to have been its own; the first ones go. */
export const MOST_FORMER_KEYS = 10_000;

/** The forms of keys, of pages and of others: anything else is refused without asking. */
export const KEY_FORM = /^(?:k_[\w-]{7}|kllpk_[0-9a-f]{32})$/;

/** A key no one guesses; its prefix tells what it is where it is found. */
export function senderKey(): string {
  return `kllpk_${hexOf(crypto.getRandomValues(new Uint8Array(16)))}`;
}

/** A key of pages, where everybody reads it: 42 random bits keep it apart from others, and each beacon pays for its length. */
export function pageKey(): string {
  const text = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(6))));
  return `k_${text.slice(0, 7).replaceAll('+', '-').replaceAll('/', '_')}`;
}
