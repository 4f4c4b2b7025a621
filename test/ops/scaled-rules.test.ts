import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { filesOf, type Rule, read, readKnown } from '../../ops/check/known.js';
import { scaleConfiguration, scaled, scaledExpression, scaledRules } from '../../ops/live/scaled-rules.js';

describe('rules of which only the durations are divided', () => {
  it.each([
    ['15s', '1000ms'],
    ['1m', '4000ms'],
    ['1d', '5760000ms'],
  ])('%s becomes %s at 15', (duration, expected) => {
    expect(scaled(duration, 15)).toBe(expected);
  });

  it('refuses what is no duration', () => {
    expect(() => scaled('soon', 15)).toThrow(RangeError);
  });

  it('changes ranges, steps and offsets, and no number beside them', () => {
    expect(
      scaledExpression(
        'avg_over_time(x[1d:30s]) - rate(y[1m] offset 10m) > 26 * 3600 and z{offset="5m"}',
        15,
      ),
    ).toBe(
      'avg_over_time(x[5760000ms:2000ms]) - rate(y[4000ms] offset 40000ms) > 26 * 3600 and z{offset="5m"}',
    );
  });

  it('keeps every rule with its name, labels and annotations', () => {
    const kept = filesOf('ops/alerts', '.rules.yaml').flatMap((file) =>
      (parse(scaledRules(read(file), 15)).groups as { rules: Rule[] }[]).flatMap(({ rules }) => rules),
    );
    const told = ({ alert, record, labels, annotations }: Rule) => ({ alert, record, labels, annotations });
    expect(kept.map(told)).toEqual(readKnown().rules.map(({ rule }) => told(rule)));
    for (const { expr, for: wait = '1ms' } of kept) {
      expect(expr).not.toMatch(/[[:]\d+[smhd]\]|offset \d+[smhd]\b/);
      expect(wait).toMatch(/^\d+ms$/);
    }
  });

  it('divides intervals of configurations, down to a second', () => {
    const configuration = {
      global: { scrape_interval: '15s' },
      jobs: [{ scrape_interval: '60s', port: '5m' }],
    };
    scaleConfiguration(configuration, 30);
    expect(configuration).toEqual({
      global: { scrape_interval: '1000ms' },
      jobs: [{ scrape_interval: '2000ms', port: '5m' }],
    });
  });
});
