import { beforeAll, describe, expect, it } from 'vitest';
import { KllSketch } from '../../../src/sketch/sketch.js';
import { toBase64Url } from '../../../src/wire/base64url.js';
import {
  ask,
  BATCH_TYPE,
  configured,
  container,
  gzip,
  problem,
  series,
  storedValues,
} from './edge-client.js';

const TENANT = 'mutated';
let token: string;
beforeAll(async () => {
  token = await configured(TENANT);
});

const post = (body: BodyInit, headers: Record<string, string> = BATCH_TYPE) =>
  ask('/v1/ingest', { token, headers, body });
const JSON_TYPE = { 'content-type': 'application/json' };
const postJson = (value: unknown) => post(JSON.stringify(value), JSON_TYPE);

/** mulberry32: seeded, so that a failure can be had again. */
function random(seed: number) {
  return (below: number) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** The checksum of a container made right again, so that what lies behind it is reached. */
function resealed(bytes: Uint8Array): Uint8Array {
  let crc = 0xffffffff;
  for (const byte of bytes.subarray(0, -4)) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  new DataView(bytes.buffer).setUint32(bytes.length - 4, ~crc, true);
  return bytes;
}

async function expectRefused(response: Response): Promise<void> {
  const { code, detail } = (await response.json()) as { code: string; detail: string };
  expect(response.status).toBeGreaterThanOrEqual(400);
  expect(response.status).toBeLessThan(500);
  expect(code).toMatch(/^ERR_/);
  expect(detail).not.toMatch(/\.ts|\.js|at /);
}

describe('every mutation of a container', () => {
  const sketch = new KllSketch({ seed: 3 })
    .extend(Array.from({ length: 3000 }, (_, i) => i * 1.5))
    .condense(50);
  const valid = () =>
    container([series([1, 2.5, 3]), { name: 'bytes', labels: { a: 'b', c: '' }, age: 0, sketch }]);

  it('by one bit is refused and changes nothing', async () => {
    const before = await storedValues(TENANT, 1);
    const next = random(1);
    const bytes = valid();
    for (let i = 0; i < 400; i++) {
      const at = i < 60 ? i : next(bytes.length);
      const mutated = bytes.slice();
      mutated[at] ^= 1 << next(8);
      await expectRefused(await post(mutated));
    }
    expect(await storedValues(TENANT, 1)).toBe(before);
  });

  it('by its length is refused and changes nothing', async () => {
    const before = await storedValues(TENANT, 1);
    const bytes = valid();
    for (let length = 0; length < bytes.length; length += length < 60 ? 1 : 29) {
      await expectRefused(await post(bytes.slice(0, length)));
    }
    await expectRefused(await post(Uint8Array.of(...bytes, 0)));
    await expectRefused(await post(Uint8Array.of(...bytes, ...bytes)));
    expect(await storedValues(TENANT, 1)).toBe(before);
  });

  it('behind a checksum that fits is refused with a code, or is another valid batch', async () => {
    const next = random(2);
    const bytes = valid();
    let stored = 0;
    const before = await storedValues(TENANT, 1);
    for (let i = 0; i < 600; i++) {
      const mutated = bytes.slice();
      for (let flips = 1 + next(3); flips > 0; flips--) mutated[next(bytes.length - 4)] = next(256);
      const response = await post(resealed(mutated));
      if (response.status === 202) stored += ((await response.json()) as { values: number }).values;
      else if (response.status !== 200) await expectRefused(response);
    }
    expect(await storedValues(TENANT, 1)).toBe(before + stored);
  });
});

describe('every mutation of JSON', () => {
  const valid = {
    batchId: '0123456789abcdef0123456789abcdef',
    series: [{ name: 'latency_ms', labels: { route: '/a' }, values: [1, 2], ageMs: 0 }],
  };
  const sketch = toBase64Url(new KllSketch().extend([1, 2, 3]).toBytes());
  const one = (change: object) => ({ ...valid, series: [{ ...valid.series[0], ...change }] });

  it.each<[string, unknown]>([
    ['no object', []],
    ['null', null],
    ['a text', 'x'],
    ['nothing in it', {}],
    ['no id', { series: valid.series }],
    ['an id too short', { ...valid, batchId: 'ab' }],
    ['an id that is no hex', { ...valid, batchId: 'g'.repeat(32) }],
    ['an id that is a number', { ...valid, batchId: 1 }],
    ['no series', { ...valid, series: [] }],
    ['series that are no list', { ...valid, series: {} }],
    ['a member nobody knows', { ...valid, other: 1 }],
    ['a series that is null', { ...valid, series: [null] }],
    ['a member of a series nobody knows', one({ value: 1 })],
    ['a name that is a number', one({ name: 1 })],
    ['a label that is a number', one({ labels: { a: 1 } })],
    ['labels that are a list', one({ labels: ['a'] })],
    ['values that are texts', one({ values: ['1'] })],
    ['values that are null', one({ values: [null] })],
    ['no values', one({ values: [] })],
    ['neither values nor a sketch', one({ values: undefined })],
    ['values and a sketch', one({ sketch })],
    ['a sketch that is none', one({ values: undefined, sketch: 'AAAA' })],
    ['a sketch that is not whole', one({ values: undefined, sketch: sketch.slice(0, -4) })],
    ['a sketch in no base64url', one({ values: undefined, sketch: '???' })],
    ['a sketch of another shape', one({ values: undefined, sketch: { format: 'x', bytes: sketch } })],
    ['an age below 0', one({ ageMs: -1 })],
    ['an age that is a text', one({ ageMs: '1' })],
    ['a creation time that is a text', { ...valid, created: 'now' }],
  ])('that has %s is refused', async (_, value) => {
    const before = await storedValues(TENANT, 1);
    const { faults } = await problem(await postJson(value), 400, 'ERR_BATCH');
    expect(faults!.length).toBeGreaterThan(0);
    expect(await storedValues(TENANT, 1)).toBe(before);
  });

  it.each([
    ['is not JSON', '{'],
    ['is empty', ''],
    ['has numbers that JSON lacks', '{"batchId":NaN}'],
    ['is nested 1e6 deep', '['.repeat(1e6)],
    [
      'is nested deep inside of series',
      `{"batchId":"${'ab'.repeat(16)}","series":[${'{"labels":'.repeat(50_000)}`,
    ],
  ])('that %s is refused', async (_, text) => {
    await problem(await post(text, JSON_TYPE), 400, 'ERR_BODY');
  });

  it('that is not UTF-8 is refused', async () => {
    await problem(await post(Uint8Array.of(0x22, 0xff, 0x22), JSON_TYPE), 400, 'ERR_BODY');
  });

  it('with a number beyond all doubles is refused', async () => {
    const text = JSON.stringify(valid).replace('[1,2]', '[1e999]');
    await problem(await post(text, JSON_TYPE), 400, 'ERR_BATCH');
  });

  it('names every fault with its series', async () => {
    const list = [{ name: 1 }, { name: 'a', values: [1] }, { name: 'b', values: [1, 'x'], ageMs: -1 }];
    const { faults } = await problem(await postJson({ ...valid, series: list }), 400, 'ERR_BATCH');
    expect(faults!.map((fault) => [fault.series, fault.position])).toEqual([
      [0, 'series.0.name'],
      [2, 'series.2.values.1'],
      [2, 'series.2.ageMs'],
    ]);
  });

  it('in everything it holds costs no more than what is told of it', async () => {
    const faultsOf = async (series: string) => {
      const text = `{"batchId":"${'ab'.repeat(16)}","series":${series}}`;
      const compressed = await gzip(new TextEncoder().encode(text));
      const response = await post(compressed, { ...JSON_TYPE, 'content-encoding': 'gzip' });
      return (await problem(response, 400, 'ERR_BATCH')) as { faultCount?: number };
    };
    const many = (text: string, count: number) => `[${`${text},`.repeat(count - 1)}${text}]`;
    const values = (list: string) => `[{"name":"a","values":${list}}]`;
    // The first wrong value of a list stands for those behind it.
    expect((await faultsOf(values(many('""', 900_000)))).faultCount).toBe(1);
    // What is too long is not looked into.
    expect((await faultsOf(values(many('""', 1_300_000)))).faultCount).toBe(1);
    expect((await faultsOf(many('1', 1_500_000))).faultCount).toBe(1);
    // Nor are series that would not be told of any more.
    expect((await faultsOf(many('{"name":1}', 9_000))).faultCount).toBe(100);
  });

  it('with more lists and objects than any batch has is refused', async () => {
    const text = `{"batchId":"${'ab'.repeat(16)}","series":[${'{},'.repeat(300_000)}{}]}`;
    await problem(await post(text, JSON_TYPE), 400, 'ERR_BODY');
  });

  it('cannot reach prototypes by its labels', async () => {
    const text = JSON.stringify(one({})).replace('"route"', '"__proto__"');
    const before = await storedValues(TENANT, 1);
    const response = await post(text, JSON_TYPE);
    await problem(response, 422, 'ERR_LIMITS');
    expect(await storedValues(TENANT, 1)).toBe(before);
    expect(({} as Record<string, unknown>)['/a']).toBeUndefined();
  });
});

describe('limits', () => {
  const bad = (change: object) => ({ ...series([1]), ...change });

  it('that are passed are all named, with their series', async () => {
    const huge = new KllSketch({ k: 8192, seed: 1 }).extend([1, 2]);
    const labels = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`l${i}`, '']));
    const list = [
      bad({ name: '' }),
      bad({}),
      bad({ name: 'a\u0000b' }),
      { name: 'k', labels: {}, age: 0, sketch: huge },
      bad({ labels: { __name__: 'x' } }),
      bad({ labels: { ...labels, '': 'x' } }),
    ];
    const { faults } = await problem(await post(container(list)), 422, 'ERR_LIMITS');
    expect(faults!.map(({ series: position, code }) => [position, code])).toEqual([
      [0, 'ERR_NAME'],
      [2, 'ERR_NAME'],
      [3, 'ERR_LIMIT_K'],
      [4, 'ERR_LABEL'],
      [5, 'ERR_LABEL'],
    ]);
  });

  it('hold for a million labels', async () => {
    const labels = Object.fromEntries(Array.from({ length: 1e6 }, (_, i) => [`${i}`, '']));
    const text = JSON.stringify({ batchId: 'ab'.repeat(16), series: [{ name: 'a', labels, values: [1] }] });
    await problem(await post(text, JSON_TYPE), 413, 'ERR_BODY_SIZE');
    const some = Object.fromEntries(Object.entries(labels).slice(0, 50_000));
    const fewer = JSON.stringify({
      batchId: 'ab'.repeat(16),
      series: [{ name: 'a', labels: some, values: [1] }],
    });
    await problem(await post(fewer, JSON_TYPE), 422, 'ERR_LIMITS');
    await problem(await post(container([series([1], { labels: some })])), 400, 'ERR_BATCH');
  });

  it('hold for names and labels as they are kept, however often a batch repeats a string', async () => {
    // Quotes take two characters in a key; a string that is repeated takes one place in a batch.
    const labelled = (quotes: number, of = 0) =>
      series([1], {
        labels: Object.fromEntries([0, 1, 2, 3].map((i) => [`${of}-${i}`, '"'.repeat(quotes)])),
      });
    expect((await post(container([labelled(490)]))).status).toBe(202);
    const long = await problem(await post(container([labelled(490), labelled(512)])), 422, 'ERR_LIMITS');
    expect(long.faults!.map(({ series: position, code }) => [position, code])).toEqual([
      [1, 'ERR_LIMIT_KEY'],
    ]);
    const many = Array.from({ length: 2_200 }, (_, i) => labelled(490, i));
    const { faults } = await problem(await post(container(many)), 422, 'ERR_LIMITS');
    expect(faults!.map(({ series: position, code }) => [position, code])).toEqual([
      [undefined, 'ERR_LIMIT_KEY'],
    ]);
  });

  it('hold for n', async () => {
    const sketch = new KllSketch({ seed: 1 });
    for (let i = 0; i < 8; i++) sketch.add(i, 2 ** 50);
    const one = { name: 'n', labels: {}, age: 0, sketch: sketch.condense(200) };
    const { faults } = await problem(await post(container([one])), 422, 'ERR_LIMITS');
    // The last is of no one series.
    expect(faults!.map(({ series: position, code }) => [position, code])).toEqual([
      [0, 'ERR_LIMIT_N'],
      [undefined, 'ERR_LIMIT_TOTAL'],
    ]);
  });

  it('hold for infinities', async () => {
    const sketch = new KllSketch().extend([1, 2]);
    const image = sketch.toImage();
    const forged = KllSketch.fromImage({ ...image, max: Infinity, items: Float64Array.of(1, Infinity) });
    const { faults } = await problem(
      await post(container([{ name: 'i', labels: {}, age: 0, sketch: forged }])),
      422,
      'ERR_LIMITS',
    );
    expect(faults!.map(({ code }) => code)).toContain('ERR_VALUE_NOT_FINITE');
  });

  it('hold for sums that the values cannot have', async () => {
    const image = new KllSketch().extend([1, 2]).toImage();
    for (const sum of [-1, 5, 1e300]) {
      const sketch = KllSketch.fromImage({ ...image, sum });
      const { faults } = await problem(
        await post(container([{ name: 's', labels: {}, age: 0, sketch }])),
        422,
        'ERR_LIMITS',
      );
      expect(faults!.map(({ code }) => code)).toEqual(['ERR_SUM']);
    }
  });
});

describe('bodies', () => {
  it('that are too large are refused by their declared and by their true length', async () => {
    await problem(await post(new Uint8Array(2 ** 20 + 1)), 413, 'ERR_BODY_SIZE');
    const chunk = new Uint8Array(2 ** 16);
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        sent += chunk.length;
        controller.enqueue(chunk);
      },
    });
    await problem(await post(endless), 413, 'ERR_BODY_SIZE');
    expect(sent).toBeLessThan(2 ** 21);
  });

  it('that inflate to too much are refused', async () => {
    const bomb = await gzip(new Uint8Array(64 * 2 ** 20));
    expect(bomb.length).toBeLessThan(2 ** 20);
    await problem(await post(bomb, { ...BATCH_TYPE, 'content-encoding': 'gzip' }), 413, 'ERR_BODY_SIZE');
  });

  it('that are said to be gzip and are not are refused', async () => {
    const headers = { ...BATCH_TYPE, 'content-encoding': 'gzip' };
    const whole = await gzip(container([series([1])]));
    const junk = Uint8Array.of(...whole, 1, 2, 3);
    const flipped = whole.slice();
    flipped[whole.length - 5] ^= 1;
    for (const body of [
      container([series([1])]),
      whole.slice(0, -6),
      flipped,
      junk,
      Uint8Array.of(0x1f, 0x8b),
    ]) {
      await problem(await post(body, headers), 400, 'ERR_GZIP');
    }
  });

  it('in other encodings and of other types are refused', async () => {
    const body = container([series([1])]);
    await problem(await post(body, { ...BATCH_TYPE, 'content-encoding': 'br' }), 415, 'ERR_CONTENT_ENCODING');
    await problem(await post(body, { 'content-type': 'image/png' }), 415, 'ERR_CONTENT_TYPE');
    await problem(await post(body, { 'content-type': '__proto__' }), 415, 'ERR_CONTENT_TYPE');
  });
});
