/** Whether this session is measured: one draw a session, kept where that is allowed. */
import { attempt } from './attempt.js';

const DRAW = 'kll.draw';

/**
 * @param share of sessions that are measured, 0..1
 * @param store where the draw of a session lives; none: each page draws for itself
 */
export function isSampled(share: number, store: Storage | undefined): boolean {
  if (share >= 1) return true;
  const kept = Number.parseFloat(attempt(() => store?.getItem(DRAW)) ?? '');
  const draw = kept >= 0 && kept < 1 ? kept : Math.random();
  attempt(() => store?.setItem(DRAW, String(draw)));
  return draw < share;
}

/** The storage of that name, where the page may use it: reading the property alone may throw. */
export function storageOf(name: 'localStorage' | 'sessionStorage'): Storage | undefined {
  return attempt(() => globalThis[name]);
}
