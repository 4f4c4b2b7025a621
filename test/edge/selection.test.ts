import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Matcher } from '../../src/adapters/workers/contract.js';
import { globTest, seriesTest } from '../../src/adapters/workers/selection.js';
import { seriesKey } from '../../src/adapters/workers/series-key.js';

/** What a glob means, by its definition: no thought of speed. */
function matches(glob: string, text: string): boolean {
  if (glob === '') return text === '';
  if (glob[0] !== '*') return text[0] === glob[0] && matches(glob.slice(1), text.slice(1));
  return Array.from({ length: text.length + 1 }, (_, i) => i).some((i) =>
    matches(glob.slice(1), text.slice(i)),
  );
}

describe('a glob', () => {
  it('means any characters by a star, and every other character itself', () => {
    const character = fc.constantFrom('a', 'b', '*', '.', '\\');
    const text = fc.string({ unit: character, maxLength: 12 });
    const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*', '*', '.'), maxLength: 8 });
    fc.assert(
      fc.property(glob, text, (pattern, value) => {
        expect(globTest(pattern)(value)).toBe(matches(pattern, value));
      }),
      { seed: 20261121, numRuns: 5_000 },
    );
  });

  it('that is made to be slow is not', () => {
    const test = globTest('*a'.repeat(2_000) + '*b');
    const text = 'a'.repeat(100_000);
    const run = () => {
      const start = performance.now();
      expect(test(text)).toBe(false);
      expect(globTest('*' + 'ab*'.repeat(10_000))('ab'.repeat(9_999))).toBe(false);
      return performance.now() - start;
    };
    // The least of some: whatever else the machine does takes its time as well.
    expect(Math.min(...Array.from({ length: 5 }, run))).toBeLessThan(500);
  });
});

describe('a selection', () => {
  const key = (labels: Record<string, string>, name = 'latency_ms') => seriesKey(name, labels);
  const selects = (matchers: Matcher[], of: string) => seriesTest({ name: 'latency_ms', matchers })(of);

  it('is of one name, and not of names that begin alike', () => {
    expect(selects([], key({}))).toBe(true);
    expect(selects([], key({ a: 'b' }))).toBe(true);
    expect(selects([], key({}, 'latency_ms2'))).toBe(false);
    expect(selects([], key({}, 'latency_ms","x'))).toBe(false);
  });

  it('takes a label that is missing for an empty one', () => {
    expect(selects([{ label: 'route', op: '=', value: '' }], key({}))).toBe(true);
    expect(selects([{ label: 'route', op: '!=', value: '' }], key({}))).toBe(false);
    expect(selects([{ label: 'route', op: '!=', value: '/a' }], key({}))).toBe(true);
    expect(selects([{ label: 'toString', op: '=', value: '' }], key({}))).toBe(true);
    expect(selects([{ label: '__proto__', op: '=', value: '' }], key({}))).toBe(true);
    expect(selects([{ label: 'route', op: '=~', alternatives: ['/a', ''] }], key({}))).toBe(true);
  });

  it('needs all of its matchers', () => {
    const matchers: Matcher[] = [
      { label: 'route', op: '=~', alternatives: ['/a/*', '/b'] },
      { label: 'country', op: '!=', value: 'NZ' },
    ];
    expect(selects(matchers, key({ route: '/a/1', country: 'FR' }))).toBe(true);
    expect(selects(matchers, key({ route: '/b', country: 'NZ' }))).toBe(false);
    expect(selects(matchers, key({ route: '/b/1', country: 'FR' }))).toBe(false);
  });
});
