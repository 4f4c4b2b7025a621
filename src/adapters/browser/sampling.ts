/** Whether this session is measured: one draw a session, kept where that is allowed. */

const DRAW = 'kll.draw';

/**
 * @param share of sessions that are measured, 0..1
 * @param store where the draw of a session lives; none: each page draws for itself
 */
export function isSampled(share: number, store: Storage | undefined): boolean {
  if (share >= 1) return true;
  let draw = Number.NaN;
  try {
    draw = Number.parseFloat(store?.getItem(DRAW) ?? '');
    if (!(draw >= 0 && draw < 1)) store?.setItem(DRAW, String((draw = Math.random())));
  } catch {
    // Full or forbidden: this page's own draw.
  }
  return (draw >= 0 ? draw : Math.random()) < share;
}

/** The storage of that name, where the page may use it: reading the property alone may throw. */
export function storageOf(name: 'localStorage' | 'sessionStorage'): Storage | undefined {
  try {
    return globalThis[name];
  } catch {
    return undefined;
  }
}
