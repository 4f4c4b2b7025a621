/** A stretch of time as a form asks for it: so much until now, or from one moment to another. */
const MINUTE_MS = 60_000;
/** The choice that has two fields beside it. */
export const CHOSEN = 'chosen';

export interface TimeRange {
  /** Epoch milliseconds, whole minutes. */
  from: number;
  to: number;
}

/** The last `seconds` until `now`. */
export function lately(seconds: number, now: number): TimeRange {
  return { from: floor(now - seconds * 1000), to: floor(now) + MINUTE_MS };
}

/** What the fields `from` and `to` say; nothing while they say nothing that can be. */
export function chosen(fields: FormData): TimeRange | undefined {
  const [from, to] = ['from', 'to'].map((name) => new Date(String(fields.get(name))).getTime());
  return from < to ? { from: floor(from), to: floor(to) } : undefined;
}

/** The same stretch some days earlier, as the reader's clock has it: days are 23 or 25 hours where it was changed. */
export function daysEarlier({ from, to }: TimeRange, days: number): TimeRange {
  const [start, end] = [from, to].map((ms) => {
    const at = new Date(ms);
    return at.setDate(at.getDate() - days);
  });
  // Of an hour that the clock left out, only the length is left.
  return { from: start < end ? start : end - (to - from), to: end };
}

/** Writes a stretch into the fields, where they are empty. */
export function suggest(form: HTMLFormElement, { from, to }: TimeRange): void {
  for (const [name, at] of [
    ['from', from],
    ['to', to],
  ] as const) {
    const field = fieldOf(form, name);
    if (!field.value) field.value = localMoment(at);
  }
}

/** A moment as a field speaks of it: as the reader's clock has it. @param at epoch milliseconds */
export function localMoment(at: number): string {
  return new Date(at - new Date(at).getTimezoneOffset() * MINUTE_MS).toISOString().slice(0, 16);
}

function fieldOf(form: HTMLFormElement, name: string): HTMLInputElement {
  return form.elements.namedItem(name) as HTMLInputElement;
}

function floor(ms: number): number {
  return Math.floor(ms / MINUTE_MS) * MINUTE_MS;
}
