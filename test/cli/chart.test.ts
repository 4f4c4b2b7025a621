import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axisLabels, columnChart, horizontalBar, logEdges, roundEdges } from '../../src/cli/output/chart.js';
import {
  percentileName,
  showApart,
  showComputedInterval,
  showInterval,
  showPercent,
  showPercentInterval,
  showShare,
  showValue,
} from '../../src/cli/output/figures.js';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 });

describe('bin edges', () => {
  it.each([
    [0, 10, 5, [0, 2, 4, 6, 8, 10]],
    [-30, 30, 6, [-30, -20, -10, 0, 10, 20, 30]],
    [0.1, 0.7, 6, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]],
    [3, 97, 5, [0, 20, 40, 60, 80, 100]],
  ])('from %d to %d in about %d bins are round', (low, high, bins, edges) => {
    expect(roundEdges(low, high, bins)).toEqual(edges);
  });

  it('ascend, enclose the range and are about as many as wanted', () => {
    fc.assert(
      fc.property(finite, finite, fc.integer({ min: 2, max: 200 }), (a, b, bins) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        fc.pre(high - low > 1e-290 && high - low > Math.max(Math.abs(low), Math.abs(high)) * 1e-9);
        const edges = roundEdges(low, high, bins);
        for (let i = 1; i < edges.length; i++) expect(edges[i]).toBeGreaterThan(edges[i - 1]);
        const slack = (high - low) * 1e-9;
        expect(edges[0]).toBeLessThanOrEqual(low + slack);
        expect(edges.at(-1)).toBeGreaterThanOrEqual(high - slack);
        expect(edges.length).toBeLessThanOrEqual(bins + 4);
      }),
    );
  });

  it('on a logarithmic scale stand at equal ratios', () => {
    expect(logEdges(1, 1000, 3)).toEqual([1, 10, 100, 1000]);
  });

  it('have as many digits on a logarithmic scale as tell them apart', () => {
    const edges = logEdges(1000, 1010, 20);
    expect(edges.slice(0, 3)).toEqual([1000, 1000.5, 1001]);
    expect(edges).toHaveLength(21);
  });

  it.each([
    [0.3, 0.30000000000000004],
    [1e16, 1e16 + 2],
    [1e16, 1e16 + 64],
    [1_763_000_000_000_000_000, 1_763_000_000_000_100_000],
    [1e-310, 2e-310],
    [5e-324, 1e-323],
    [0, 5e-324],
    [0, 1e300],
    [1.7e308, Number.MAX_VALUE],
    [-8e307, 8.9e307],
  ])('from %d to %d are finite, differ, and enclose the range', (low, high) => {
    for (const bins of [2, 20, 200]) {
      const edges = roundEdges(low, high, bins);
      expect(edges.length).toBeGreaterThan(1);
      expect(edges.length).toBeLessThanOrEqual(bins + 4);
      for (const [i, edge] of edges.entries()) {
        expect(edge).toBe(Number.isFinite(edge) ? edge : 'finite');
        if (i > 0) expect(edge).toBeGreaterThan(edges[i - 1]);
      }
      expect(edges[0]).toBeLessThanOrEqual(low);
      expect(edges.at(-1)).toBeGreaterThanOrEqual(high);
    }
  });

  it('differ whatever the range', () => {
    const any = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(any, any, fc.integer({ min: 2, max: 200 }), (a, b, bins) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        fc.pre(low < high && Number.isFinite(high - low));
        const scales = low > 0 ? [roundEdges, logEdges] : [roundEdges];
        for (const edges of scales.map((scale) => scale(low, high, bins))) {
          expect(edges.length).toBeGreaterThan(1);
          for (const [i, edge] of edges.entries()) {
            expect(Number.isFinite(edge)).toBe(true);
            if (i > 0) expect(edge).toBeGreaterThan(edges[i - 1]);
          }
        }
      }),
    );
  });
});

describe('bars', () => {
  it('are as long as their share, in eighths of a character, and show whatever is not nothing', () => {
    expect(horizontalBar(0.5, 8, false)).toBe('████');
    expect(horizontalBar(0.55, 8, false)).toBe('████▍');
    expect(horizontalBar(1e-9, 8, false)).toBe('▏');
    expect(horizontalBar(0, 8, false)).toBe('');
    expect(horizontalBar(1e-9, 8, true)).toBe('#');
  });

  it('of a column chart are as high as their share', () => {
    expect(columnChart([0, 0.25, 0.5, 1], 2, false)).toEqual(['   █', ' ▄██']);
    expect(columnChart([0, 0.25, 0.5, 1], 2, true)).toEqual(['   #', ' ###']);
  });
});

describe('the labels of an axis', () => {
  const linear = (low: number, high: number, width: number) =>
    Array.from({ length: width }, (_, i) => low + ((high - low) * i) / (width - 1));

  it.each([
    [0, 8, 33, '0               4               8'],
    [20_000, 20_002, 49, '20000        20000.7         20001.3        20002'],
    [1_763_800_000_000, 1_763_886_400_000, 49, '1763800000000     1763843200000     1763886400000'],
    [0, 1e-4, 33, '0            0.00005       0.0001'],
  ])('from %d to %d in %d columns', (low, high, width, labels) => {
    expect(axisLabels(linear(low, high, width))).toBe(labels);
  });

  it('stand apart, within the width and in the order of their values', () => {
    fc.assert(
      fc.property(finite, finite, fc.integer({ min: 33, max: 400 }), (a, b, width) => {
        const line = axisLabels(linear(Math.min(a, b), Math.max(a, b), width));
        expect(line.length).toBeLessThanOrEqual(width);
        const labels = line.trim().split(/ {2,}/).map(Number);
        expect(labels).toEqual([...labels].sort((x, y) => x - y));
      }),
    );
  });
});

describe('figures', () => {
  it.each([
    [0.1 + 0.2, '0.3'],
    [1234567.891, '1234567.9'],
    [12345678.5, '12345678.5'],
    [-123.456789, '-123.4568'],
    [0.000123456789, '0.0001234568'],
    [2 ** 52 - 0.5, '4503599627370495.5'],
    [12, '12'],
    [1_763_000_000_123_456, '1763000000123456'],
    [-Number.MAX_SAFE_INTEGER, '-9007199254740991'],
    [-0, '0'],
    [1e21, '1e+21'],
    [Number.NaN, '-'],
    [Number.NEGATIVE_INFINITY, '-inf'],
  ])('show %d as %s', (x, text) => expect(showValue(x)).toBe(text));

  it('of edges that are close together have as many digits as tell them apart', () => {
    expect(showApart([0.1 + 0.2, 0.4])).toEqual(['0.3', '0.4']);
    expect(showApart([0.3, 0.1 + 0.2])).toEqual(['0.3', '0.30000000000000004']);
    expect(showApart([1, 1.00000001, 1.00000002])).toEqual(['1', '1.00000001', '1.00000002']);
  });

  it('name percentiles without the noise of binary fractions', () => {
    expect([0, 0.5, 0.999, 0.07, 0.29, 1].map(percentileName)).toEqual([
      'min',
      'p50',
      'p99.9',
      'p7',
      'p29',
      'max',
    ]);
  });

  it.each([
    [0, '0 %'],
    [0.5004, '50 %'],
    [0.9, '90 %'],
    [0.9995, '99.95 %'],
    [0.9999, '99.99 %'],
    [0.999999, '99.9999 %'],
    [1 - 1e-12, '99.9999999999 %'],
    [1, '100 %'],
    [1.23456, '123 %'],
    [-0.99996, '-100 %'],
    [Number.NaN, '-'],
  ])('show the fraction %d as %s', (fraction, text) => expect(showPercent(fraction)).toBe(text));

  it.each([
    [0, 1, '0 % .. 100 %'],
    [0.07, 0.29, '7 % .. 29 %'],
    [0.012341, 0.012341, '1.23 % .. 1.24 %'],
    [0.5914, 0.59141, '59.1 % .. 59.2 %'],
    [0.999991, 0.9999991, '99.9991 % .. 99.99991 %'],
  ])('round an interval of fractions outwards: %d .. %d', (lower, upper, text) => {
    expect(showPercentInterval(lower, upper)).toBe(text);
  });

  it('give shares and intervals the decimals they need', () => {
    const shares = [0, 1e-5, 0.0123, 0.99996, 1];
    expect(shares.map(showShare)).toEqual(['0.0 %', '<0.1 %', '1.2 %', '>99.9 %', '100.0 %']);
    expect(showPercent(0.0132876)).toBe('1.33 %');
    expect(showComputedInterval(547.97731, 589.0263)).toBe('548 .. 589');
    expect(showComputedInterval(0.12345, 0.12545)).toBe('0.12345 .. 0.12545');
    expect(showComputedInterval(3, 3)).toBe('3');
    // What decides a verdict stays on its side of 0, and what has a width shows it.
    expect(showComputedInterval(0.0014286, 58.0006)).toBe('0.0014 .. 58');
    expect(showComputedInterval(-58.0006, -0.0014286)).toBe('-58 .. -0.0014');
    expect(showComputedInterval(0, 58)).toBe('0 .. 58');
    expect(showComputedInterval(1999999.99995, 2000000.00002)).toBe('1999999.99995 .. 2000000.00002');
    expect(showInterval(1000000.01487, 1000000.01519)).toBe('1000000.01 .. 1000000.02');
    expect(showApart([5, 5, 7.25])).toEqual(['5', '5', '7.25']);
    expect(showComputedInterval(2.5, Number.POSITIVE_INFINITY)).toBe('2.5 .. inf');
  });
});
