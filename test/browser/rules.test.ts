import { describe, expect, it } from 'vitest';
import { Exemplars, withoutIds } from '../../src/adapters/browser/exemplars.js';
import { retryAfterMs } from '../../src/adapters/browser/flush.js';
import { toSettings } from '../../src/adapters/browser/options.js';
import { isSampled } from '../../src/adapters/browser/sampling.js';
import { createCollector, webVitals } from '../../src/browser.js';
import { SketchArgumentError } from '../../src/core/errors.js';

describe('Retry-After', () => {
  const now = Date.parse('2026-11-21T09:00:00Z');
  it.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['Sat, 21 Nov 2026 09:01:30 GMT', 90_000],
    ['Sat, 21 Nov 2026 08:00:00 GMT', 0],
    ['99999999', 86_400_000],
    ['soon', undefined],
    ['', undefined],
    [null, undefined],
  ])('%j asks for %s ms', (header, ms) => {
    expect(retryAfterMs(header, now)).toBe(ms);
  });
});

describe('sampling', () => {
  /** What a Storage does, in memory. */
  const storage = () => {
    const held = new Map<string, string>();
    return {
      getItem: (key: string) => held.get(key) ?? null,
      setItem: (key: string, value: string) => void held.set(key, value),
    } as Storage;
  };

  it('draws once a session', () => {
    for (let session = 0; session < 50; session++) {
      const store = storage();
      const first = isSampled(0.5, store);
      for (let page = 0; page < 5; page++) expect(isSampled(0.5, store)).toBe(first);
    }
  });

  it('of all sessions keeps nothing of them', () => {
    const store = storage();
    expect(isSampled(1, store)).toBe(true);
    expect(store.getItem('kll.draw')).toBe(null);
  });

  it('takes the share it is asked for', () => {
    let taken = 0;
    for (let i = 0; i < 20_000; i++) if (isSampled(0.1, undefined)) taken++;
    // Six standard deviations of 20,000 draws at 0.1: false once in 10^9 runs.
    expect(Math.abs(taken - 2000)).toBeLessThan(6 * Math.sqrt(20_000 * 0.1 * 0.9));
  });

  it('draws for each page where storage refuses', () => {
    const refuse = () => {
      throw new Error('SecurityError');
    };
    const store = { getItem: refuse, setItem: refuse } as unknown as Storage;
    expect(isSampled(1, store)).toBe(true);
    expect(isSampled(0, store)).toBe(false);
  });
});

describe('exemplars', () => {
  it('are the slowest of each metric', () => {
    const kept = new Exemplars(2);
    for (const value of [5, 90, 20, 70]) kept.offer('lcp', value, { route: '/' }, 'img', 0);
    kept.offer('cls', 0.1, {}, 'div', 0);
    const sent = kept.take(10);
    expect(sent.map(({ name, values }) => [name, values![0]])).toEqual([
      ['lcp_exemplar', 90],
      ['lcp_exemplar', 70],
      ['cls_exemplar', 0.1],
    ]);
    expect(kept.take(10)).toEqual([]);
  });

  it('are as old as they are when they leave, in whole milliseconds', () => {
    const kept = new Exemplars(2);
    kept.offer('lcp', 5, {}, 'img', 1000.4);
    kept.offer('lcp', 7, {}, 'img', 4000.2);
    expect(kept.take(3000).map(({ age }) => age)).toEqual([2000, 0]);
  });

  it.each([
    ['#cart-8231>li.row', '*>li.row'],
    ['div.open[data-mail="a@b.c"]>p', 'div.open*>p'],
    ['div#user-anna.open[data-mail="a@b.c"] p', 'div*'],
    ['#alice.smith@example.com', '*'],
    ['#user:anna smith[1]+~>li.row', '*>li.row'],
    ['html>body>img.hero12', 'html>body>img.hero0'],
  ])('%s travels as %s', (selector, sent) => {
    expect(withoutIds(selector)).toBe(sent);
  });
});

describe('options', () => {
  it.each([
    [undefined, 'endpoint'],
    [null, 'endpoint'],
    [{}, 'endpoint'],
    [{ endpoint: 7 }, 'endpoint'],
    [{ endpoint: '' }, 'endpoint'],
    [{ endpoint: '/', k: 7 }, 'k'],
    [{ endpoint: '/', k: 1025 }, 'k'],
    [{ endpoint: '/', tails: 'low' }, 'tails'],
    [{ endpoint: '/', sample: 1.1 }, 'sample'],
    [{ endpoint: '/', sample: Number.NaN }, 'sample'],
    [{ endpoint: '/', maxSeries: 0 }, 'maxSeries'],
    [{ endpoint: '/', flush: { interval: 10 } }, 'flush.interval'],
    [{ endpoint: '/', precision: { lcp: 16 } }, 'precision.lcp'],
  ])('%j are refused for their %s', (options, argument) => {
    expect(() => createCollector(options as never)).toThrow(SketchArgumentError);
    expect(() => createCollector(options as never)).toThrow(expect.objectContaining({ argument }));
  });

  it.each([11, -1, 0.5, Number.NaN])('refuse %d exemplars', (exemplars) => {
    expect(() => webVitals({}, { exemplars })).toThrow(expect.objectContaining({ argument: 'exemplars' }));
  });

  it('that are undefined are those that are not given', () => {
    const none = toSettings({ endpoint: '/' });
    const nothing = Object.fromEntries(
      [...Object.keys(none), 'key', 'beforeSend'].map((name) => [name, undefined]),
    );
    const flush = { interval: undefined, store: undefined };
    const given = toSettings({ ...nothing, endpoint: '/', flush });
    const page = new URL('https://shop.example/orders/8231');
    expect({ ...given, labels: given.labels(page) }).toEqual({
      ...none,
      flush,
      labels: none.labels(page),
      onError: expect.any(Function),
    });
    expect(given.consent).toBe(true);
  });

  it('reach from their least to their largest, and no further', () => {
    const bounds: [string, number, number, (x: number) => object][] = [
      ['k', 8, 1024, (k) => ({ k })],
      ['maxSeries', 1, 1000, (maxSeries) => ({ maxSeries })],
      ['flush.interval', 1000, 2 ** 31 - 1, (interval) => ({ flush: { interval } })],
      ['precision.lcp', 0, 15, (lcp) => ({ precision: { lcp } })],
    ];
    for (const [argument, least, largest, given] of bounds) {
      const settings = (x: number) => toSettings({ endpoint: '/', ...given(x) });
      for (const x of [least, largest]) expect(() => settings(x)).not.toThrow();
      for (const x of [least - 1, largest + 1, least + 0.5]) {
        expect(() => settings(x)).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT_RANGE', argument }));
      }
    }
    for (const sample of [0, 1]) expect(toSettings({ endpoint: '/', sample }).sample).toBe(sample);
    for (const sample of [-0.01, 1.01, Number.NaN]) {
      expect(() => toSettings({ endpoint: '/', sample })).toThrow(
        expect.objectContaining({ argument: 'sample' }),
      );
    }
  });

  it('round cls to 4 decimals unless told otherwise', () => {
    expect(toSettings({ endpoint: '/' }).precision).toEqual({ cls: 4 });
    expect(toSettings({ endpoint: '/', precision: { cls: 2 } }).precision).toEqual({ cls: 2 });
  });
});

describe('without a document', () => {
  it('a collector takes values and does nothing', async () => {
    const collector = createCollector({ endpoint: 'https://x.example/v1/ingest' });
    collector.record('a', 1);
    expect(collector.time('b', () => 7)).toBe(7);
    await expect(collector.time('c', async () => 8)).resolves.toBe(8);
    expect(() =>
      collector.time('d', () => {
        throw new RangeError('own');
      }),
    ).toThrow(RangeError);
    await collector.flush();
    collector.stop();
    expect(collector.stats).toMatchObject({ values: 0, isSampled: false, queued: 0 });
  });
});
