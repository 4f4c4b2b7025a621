/** What an isolate remembers of its last answers: for the same question, within a bound. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  rememberAnswer,
  rememberedAnswer,
  rememberedBytes,
} from '../../src/adapters/workers/last-answers.js';
import { type QueryLimits, queryLimitsOf } from '../../src/adapters/workers/limits.js';
import type { QueryAnswer, QueryAsk } from '../../src/adapters/workers/query.js';
import { quantilesParameters } from '../../src/adapters/workers/query-parameters.js';
import { KllSketch } from '../../src/sketch/sketch.js';

const NOW = Date.UTC(2030, 0, 1);
const limits: QueryLimits = queryLimitsOf({} as never);

function asked(parameters: string): QueryAsk {
  const url = new URL(`https://edge.test/?name=a&${parameters}`);
  return { ...quantilesParameters(url, limits), maxBuckets: 1, maxSeries: 1, maxGroups: 1 };
}

const of = (tenant: string, revision = 0) => ({ tenant, revision });

function answerOf(groups: number, values: number): QueryAnswer {
  const sketch = new KllSketch({ k: 1024 }).extend(Float64Array.from({ length: values }, Math.random));
  const group = { labels: [], sketch, from: 0, to: 1 };
  return {
    groups: Array.from({ length: groups }, () => group),
    partial: false,
    leftOut: [],
    freshnessMs: 0,
    explain: {} as never,
    stale: false,
  };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the last answer', () => {
  it('of the last hour is that of the next minute, and not of another time so long ago', () => {
    rememberAnswer(of('t'), asked('last=1h'), answerOf(1, 10));
    vi.setSystemTime(NOW + 60_000);
    expect(rememberedAnswer(of('t'), asked('last=1h'))).toMatchObject({ at: NOW });
    expect(rememberedAnswer(of('t'), asked('last=1h'))!.answer.groups[0].sketch.n).toBe(10);
    for (const other of [
      'last=2h',
      'last=59m',
      '',
      'from=2030-01-01T00:00Z',
      'last=1h&asOf=b',
      'last=1h&by=c',
    ]) {
      expect(rememberedAnswer(of('t'), asked(other))).toBeUndefined();
    }
    expect(rememberedAnswer(of('u'), asked('last=1h'))).toBeUndefined();
    expect(rememberedAnswer(of('t', 1), asked('last=1h'))).toBeUndefined();
    vi.setSystemTime(NOW + 3_600_001);
    expect(rememberedAnswer(of('t'), asked('last=1h'))).toBeUndefined();
  });

  it('of a time that has passed is that of no other time as long', () => {
    const stretch = (from: string, to: string) => asked(`from=2029-12-31T${from}Z&to=2029-12-31T${to}Z`);
    rememberAnswer(of('t'), stretch('10:00', '10:01'), answerOf(1, 10));
    rememberAnswer(of('t'), stretch('23:00', '23:59'), answerOf(1, 20));
    vi.setSystemTime(NOW + 60_000);
    expect(rememberedAnswer(of('t'), stretch('10:00', '10:01'))).toMatchObject({ at: NOW });
    expect(rememberedAnswer(of('t'), stretch('10:01', '10:02'))).toBeUndefined();
    // Up to about now it moves on with the clock.
    const next = asked('from=2029-12-31T23:01Z&to=2030-01-01T00:00Z');
    expect(rememberedAnswer(of('t'), next)!.answer.groups[0].sketch.n).toBe(20);
  });

  it('is kept with others in 4 MiB, however many there are; the newest is', () => {
    const answer = answerOf(20, 100_000);
    for (let i = 0; i < 100; i++) {
      rememberAnswer(of(`tenant ${i}`), asked('last=1h'), answer);
      expect(rememberedBytes()).toBeLessThanOrEqual(4 * 2 ** 20);
    }
    expect(rememberedBytes()).toBeGreaterThan(2 ** 20);
    expect(rememberedAnswer(of('tenant 0'), asked('last=1h'))).toBeUndefined();
    expect(rememberedAnswer(of('tenant 99'), asked('last=1h'))!.answer.groups[19].sketch.n).toBe(100_000);
  });

  it('is none where it would crowd out the others', () => {
    rememberAnswer(of('small'), asked('last=1h'), answerOf(1, 10));
    rememberAnswer(of('large'), asked('last=1h'), answerOf(1000, 10_000));
    expect(rememberedAnswer(of('large'), asked('last=1h'))).toBeUndefined();
    expect(rememberedAnswer(of('small'), asked('last=1h'))).toBeDefined();
  });
});
