import { describe, expect, it } from 'vitest';
import { queryLimitsOf } from '../../../src/adapters/workers/limits.js';
import { Problem } from '../../../src/adapters/workers/problem.js';
import {
  cdfParameters,
  exportParameters,
  matchersOf,
  quantilesParameters,
  seriesParameters,
  sketchParameters,
} from '../../../src/adapters/workers/query-parameters.js';

const limits = queryLimitsOf({} as never);
const urlOf = (query: string) => new URL(`https://edge.test/v1/x?${query}`);
const quantiles = (query: string) => quantilesParameters(urlOf(query), limits);

function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof Problem) return `${error.status} ${error.code}`;
    throw error;
  }
  return 'taken';
}

describe('parameters of a query', () => {
  it('have defaults: all series of the name, all that is kept', () => {
    expect(quantiles('name=a')).toEqual({
      selection: { name: 'a', matchers: [], from: 0, to: 8.64e15 },
      wholeBuckets: false,
      explain: false,
      ranks: [0.5, 0.9, 0.99],
      thresholds: [],
    });
  });

  it('say everything there is to ask', () => {
    const query = new URLSearchParams({
      name: 'latency_ms',
      match: '{route="/a",device!="bot",country=~"DE|A*"}',
      q: '0,0.5,1',
      le: '100,-2.5e1',
      from: '2026-01-01T00:00:30Z',
      to: '2026-01-01T02:00:01+01:00',
      by: 'route, country',
      asOf: 'friday',
      wholeBuckets: '1',
      explain: '1',
    });
    expect(quantiles(query.toString())).toEqual({
      selection: {
        name: 'latency_ms',
        matchers: [
          { label: 'route', op: '=', value: '/a' },
          { label: 'device', op: '!=', value: 'bot' },
          { label: 'country', op: '=~', alternatives: ['DE', 'A*'] },
        ],
        from: Date.parse('2026-01-01T00:00:00Z'),
        to: Date.parse('2026-01-01T01:01:00Z'),
      },
      by: ['route', 'country'],
      asOf: 'friday',
      wholeBuckets: true,
      explain: true,
      ranks: [0, 0.5, 1],
      thresholds: [100, -25],
    });
  });

  it('take times as epoch milliseconds, and a plus that was not escaped', () => {
    expect(quantiles('name=a&from=2028-02-29T00:00Z').selection.from).toBe(Date.UTC(2028, 1, 29));
    const { selection } = quantiles('name=a&from=1767225600000&to=2026-01-01T02:00:00+01:00');
    expect(selection).toMatchObject({ from: 1767225600000, to: 1767225600000 + 3_600_000 });
  });

  it.each([
    '',
    'name=',
    `name=${'a'.repeat(513)}`,
    'name=a&name=b',
    'name=a&quantile=0.5',
    'name=a&q=',
    'name=a&q=1.1',
    'name=a&q=-0.1',
    'name=a&q=0.5,,0.9',
    'name=a&q=0x1',
    'name=a&q=NaN',
    'name=a&q=Infinity',
    `name=a&q=${'0.5,'.repeat(200)}0.5`,
    'name=a&le=1e999',
    'name=a&le=a',
    'name=a&from=yesterday',
    'name=a&from=2026-01-01',
    'name=a&from=2026-01-01T00:00:00',
    'name=a&from=2026-13-01T00:00:00Z',
    'name=a&from=2026-02-29T00:00:00Z',
    'name=a&to=2026-11-31T00:00:00Z',
    'name=a&to=2026-11-00T00:00:00Z',
    'name=a&from=-1',
    'name=a&from=1e3',
    'name=a&from=99999999999999999',
    'name=a&from=60000&to=60000',
    'name=a&from=120000&to=60000',
    'name=a&by=',
    'name=a&by=x,x',
    `name=a&by=${Array.from({ length: 9 }, (_, i) => `l${i}`)}`,
    'name=a&asOf=',
    'name=a&explain=yes',
    'name=a&wholeBuckets=no',
  ])('%s is refused', (query) => {
    expect(codeOf(() => quantiles(query))).toBe('400 ERR_PARAMETER');
  });

  it('of the other routes are checked as well', () => {
    expect(cdfParameters(urlOf('name=a&le=3,1,2'), limits)).toMatchObject({
      thresholds: [1, 2, 3],
      points: 20,
    });
    expect(sketchParameters(urlOf('name=a&format=apache-float&k=100'), limits)).toMatchObject({
      format: 'apache-float',
      k: 100,
    });
    expect(seriesParameters(urlOf('limit=5&after=abc'), limits)).toMatchObject({ limit: 5, after: 'abc' });
    const bad = [
      () => cdfParameters(urlOf('name=a&points=1'), limits),
      () => cdfParameters(urlOf('name=a&points=1.5'), limits),
      () => sketchParameters(urlOf('name=a&format=json'), limits),
      () => sketchParameters(urlOf('name=a&k=7'), limits),
      () => sketchParameters(urlOf('name=a&by=x'), limits),
      () => seriesParameters(urlOf('limit=0'), limits),
      () => seriesParameters(urlOf('limit=1001'), limits),
      () => seriesParameters(urlOf('after=%00'), limits),
      () => exportParameters(urlOf(''), limits),
      () => exportParameters(urlOf('match={a="b"}'), limits),
      () => exportParameters(urlOf('match=a&other=1'), limits),
    ];
    expect(bad.map(codeOf)).toEqual(bad.map(() => '400 ERR_PARAMETER'));
  });
});

describe('matchers', () => {
  it('read escapes, spaces and commas inside of values, with or without braces', () => {
    expect(matchersOf(String.raw` { a = "x,\"y\"\\" , b!="}" } `, limits)).toEqual([
      { label: 'a', op: '=', value: 'x,"y"\\' },
      { label: 'b', op: '!=', value: '}' },
    ]);
    expect(matchersOf('a="1"', limits)).toEqual([{ label: 'a', op: '=', value: '1' }]);
    expect(matchersOf('{}', limits)).toEqual([]);
    expect(matchersOf('a=""', limits)).toEqual([{ label: 'a', op: '=', value: '' }]);
    expect(matchersOf(String.raw`{"user agent"="x", "a,\"{\\}" != "y"}`, limits)).toEqual([
      { label: 'user agent', op: '=', value: 'x' },
      { label: 'a,"{\\}', op: '!=', value: 'y' },
    ]);
  });

  it.each([
    '{a="b"',
    'a="b"}',
    'a=b',
    'a="b',
    'a="b" c="d"',
    'a~"b"',
    'a!~"b"',
    '="b"',
    '""="b"',
    '"a="b"',
    'a="\\x"',
    '{{a="b"}}',
    `a="${'x'.repeat(513)}"`,
    `a=~"${'x|'.repeat(64)}x"`,
    Array.from({ length: 17 }, (_, i) => `l${i}="x"`).join(),
    `a=~"${'*'.repeat(20_000)}"`,
  ])('%s are refused', (match) => {
    expect(codeOf(() => matchersOf(match, limits))).toBe('400 ERR_PARAMETER');
  });

  it('that are many quotes are read in no time', () => {
    const readAll = () => {
      const start = performance.now();
      for (const part of ['"', '\\', '\\"', 'a', ' ', '=', ',']) {
        codeOf(() => matchersOf(`a="${part.repeat(16_000)}`, limits));
        codeOf(() => matchersOf(part.repeat(16_000), limits));
      }
      return performance.now() - start;
    };
    // The least of some: whatever else the machine does takes its time as well.
    expect(Math.min(...Array.from({ length: 5 }, readAll))).toBeLessThan(500);
  });
});
