import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { logFailure, logSuccess } from '../../../src/adapters/workers/log.js';
import { describeError, scrub } from '../../../src/adapters/workers/log-errors.js';
import { ask, BATCH_TYPE, container, problem, series, tokenOf } from './edge-client.js';

/** What a platform's error may carry along. */
const PERSONAL = [
  'https://shop.example/cart?user=4711',
  'jane.doe@example.com',
  '6f9619ff-8b86-d011-b42d-00cf4fc964ff',
  'feedfacecafebeef0123456789abcdef',
  'kllpk_00112233445566778899aabbccddeeff',
  'k_aZ3-x_9',
  'eyJhbGciOiJIUzI1NiJ9.eyJ0ZW5hbnQiOiJhIn0.c2lnbmF0dXJlLW9mLWE',
];

describe('an error in the log', () => {
  it('has lost URLs, addresses, ids, keys, tokens and what was quoted', () => {
    for (const secret of PERSONAL) {
      const text = scrub(`it was ${secret}, and again (${secret}) or "${secret} in \\"quotes\\"".`);
      expect(text).not.toContain(secret);
      expect(text).toContain('it was ');
    }
    expect(scrub('there is no series "jane\'s cart" here')).toBe('there is no series "…" here');
    expect(scrub('an end "that is miss')).toBe('an end "…"');
    expect(scrub('expected n 12, found 13 in 10000 ms at k 200')).toBe(
      'expected n 12, found 13 in 10000 ms at k 200',
    );
    expect(scrub(`x`.repeat(10_000)).length).toBeLessThanOrEqual(300);
  });

  it('has name, code and places in code, without folders and without its message twice', () => {
    const error = Object.assign(new RangeError(`no ${PERSONAL[0]}`), { code: 'ERR_COUNT' });
    const { error: name, code, message, frames } = describeError(error);
    expect([name, code, message]).toEqual(['RangeError', 'ERR_COUNT', 'no <url>']);
    expect(frames!.length).toBeGreaterThan(0);
    for (const frame of frames!) expect(frame).toMatch(/^([\w.#<>$ ]+ )?[\w.-]+:\d+:\d+$/);
    expect(describeError(`thrown ${PERSONAL[1]}`)).toEqual({ error: 'string', message: 'thrown <address>' });
  });

  it('takes no long time over messages that are made to take it', () => {
    const began = performance.now();
    for (const text of [
      'a@'.repeat(50_000),
      '-'.repeat(100_000),
      `${'a.'.repeat(50_000)}!`,
      '"\\'.repeat(50_000),
    ]) {
      scrub(text);
    }
    // Some milliseconds; what looks back at each place for each character takes half a minute.
    expect(performance.now() - began).toBeLessThan(3000);
  });
});

describe('the log', () => {
  let written: MockInstance;

  beforeEach(() => {
    written = vi.spyOn(console, 'error').mockImplementation(() => {});
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('tells why a batch could not be stored, and not whose', async () => {
    const failing = {
      getByName: () => ({ take: () => Promise.reject(new Error(`lost ${PERSONAL.join(' and ')}`)) }),
    };
    const response = await ask('/v1/ingest', {
      token: await tokenOf('unlucky', 'ingest'),
      headers: BATCH_TYPE,
      body: container([series([1], { labels: { mail: PERSONAL[1] } })]),
      variables: { INGEST: failing as never },
    });
    await problem(response, 503, 'ERR_UNAVAILABLE');
    const lines = written.mock.calls.map(([line]) => JSON.parse(line as string) as Record<string, unknown>);
    expect(lines).toMatchObject([
      {
        level: 'error',
        event: 'no answer of an object',
        error: 'Error',
        message: expect.stringMatching(/^lost /),
      },
      { level: 'error', event: 'batch refused', status: 503, code: 'ERR_UNAVAILABLE', tenant: 'unlucky' },
    ]);
    for (const secret of PERSONAL) expect(JSON.stringify(written.mock.calls)).not.toContain(secret);
  });

  it('has a bound for failures of a kind, and says how many it left out', () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const counts = () => {
      const left = warned.mock.calls.map(
        ([line]) => (JSON.parse(line as string) as { leftOut?: number }).leftOut,
      );
      return [left.length, left.reduce((sum: number, one) => sum + (one ?? 0), 0)];
    };
    const flood = (code: string, count: number) => {
      for (let i = 0; i < count; i++) logFailure('warn', 'batch refused', { code });
    };
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    flood('ERR_FLOOD', 250);
    expect(counts()).toEqual([100, 0]);
    flood('ERR_OTHER', 10);
    expect(counts()).toEqual([110, 0]);
    vi.setSystemTime(Date.now() + 1000);
    flood('ERR_FLOOD', 1);
    expect(counts()).toEqual([111, 150]);
    // A clock that was set back begins a second, too.
    flood('ERR_FLOOD', 200);
    vi.setSystemTime(Date.now() - 3_600_000);
    flood('ERR_FLOOD', 1);
    expect(counts()).toEqual([211, 251]);
    vi.useRealTimers();
  });

  it('has of successes those that chance chooses', () => {
    const info = vi.spyOn(console, 'log').mockImplementation(() => {});
    const chances = [0, 0.24, 0.25, 0.9];
    const count = (share: string) => {
      info.mockClear();
      for (const chance of chances)
        logSuccess({ KLL_LOG_SHARE: share } as never, 'request', {}, () => chance);
      return info.mock.calls.length;
    };
    expect(['0', '0.25', '1', '', '2', '-1', 'all'].map(count)).toEqual([0, 2, 4, 0, 0, 0, 0]);
  });
});
