/**
 * The shipped rules and configurations with every duration divided by one factor, so that minutes pass in seconds.
 * Nothing else changes: what fires in a test is what fires in production, only sooner.
 */
import { parse, stringify } from 'yaml';

const SECONDS: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };
/** Shorter than this Prometheus cannot scrape or evaluate in good order on a shared machine. */
const LEAST_MS = 1000;

/** @param duration a number and a unit, as Prometheus writes them @returns it divided, in milliseconds */
export function scaled(duration: string, factor: number): string {
  const [, count, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(duration) ?? [];
  if (!count) throw new RangeError(`expected a duration such as 15s, found ${duration}`);
  return `${Math.max(1, Math.round((Number(count) * SECONDS[unit] * 1000) / factor))}ms`;
}

/** Ranges, steps and offsets of an expression: `[5m]`, `[1d:30s]`, `offset 10m`. */
export function scaledExpression(expr: string, factor: number): string {
  return expr
    .replace(/\[(\w+)(?::(\w+))?\]/g, (_, range: string, step?: string) =>
      step === undefined
        ? `[${scaled(range, factor)}]`
        : `[${scaled(range, factor)}:${scaled(step, factor)}]`,
    )
    .replace(/\boffset (\d\w+)/g, (_, by: string) => `offset ${scaled(by, factor)}`);
}

interface Rules {
  groups: { interval?: string; rules: { expr: string; for?: string }[] }[];
}

/** @param text of a file of rules */
export function scaledRules(text: string, factor: number): string {
  const { groups } = parse(text) as Rules;
  for (const group of groups) {
    if (group.interval !== undefined) group.interval = atLeast(scaled(group.interval, factor));
    for (const rule of group.rules) {
      rule.expr = scaledExpression(rule.expr, factor);
      if (rule.for !== undefined) rule.for = scaled(rule.for, factor);
    }
  }
  return stringify({ groups }, { lineWidth: 0 });
}

/** Every entry of a configuration that is a duration by its name. */
export function scaleConfiguration(node: unknown, factor: number): void {
  if (typeof node !== 'object' || node === null) return;
  const entries = node as Record<string, unknown>;
  for (const [key, value] of Object.entries(entries)) {
    if (typeof value === 'string' && /(_interval|_wait)$/.test(key))
      entries[key] = atLeast(scaled(value, factor));
    else scaleConfiguration(value, factor);
  }
}

function atLeast(duration: string): string {
  return Number.parseInt(duration, 10) < LEAST_MS ? `${LEAST_MS}ms` : duration;
}
