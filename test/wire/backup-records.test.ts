import { describe, expect, it } from 'vitest';
import { SketchDataError } from '../../src/core/errors.js';
import {
  decodeBucket,
  decodeHeader,
  decodeIds,
  decodeJson,
  encodeBucket,
  encodeIds,
  encodeJson,
  encodeRecord,
  MOST_PAYLOAD_BYTES,
  RECORD,
  RecordReader,
} from '../../src/wire/backup-records.js';
import { crc32c } from '../../src/wire/crc32c.js';
import { seededRandom } from '../support/prng.js';

const HEADER = {
  format: 'kll-backup',
  version: 1,
  id: '0123456789abcdef0123456789abcdef',
  tenant: 'shop',
  created: 1_790_000_000_000,
} as const;
const BUCKET = { key: '["latency_ms",["route","/é"]]', level: 1, start: 3_600_000, n: 4, isRolledUp: true };
const IMAGE = Uint8Array.of(0xc7, 1, 2, 3);
const IDS = [
  { id: Uint8Array.from({ length: 16 }, (_, i) => i), crc: 0xdeadbeef },
  { id: new Uint8Array(16).fill(255), crc: 0 },
];
const TOTALS = { records: 3, keys: 0, buckets: 1, ids: 2, values: 0 };

const PAYLOADS: [RECORD, Uint8Array][] = [
  [RECORD.header, encodeJson(HEADER)],
  [RECORD.bucket, encodeBucket(BUCKET, IMAGE)],
  [RECORD.ids, encodeIds(497_222, IDS)],
  [RECORD.end, encodeJson(TOTALS)],
];
const STREAM = Uint8Array.from(PAYLOADS.flatMap(([type, payload], i) => [...encodeRecord(type, i, payload)]));

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(SketchDataError);
    return (error as SketchDataError).code;
  }
  return 'none';
}

function readAll(bytes: Uint8Array, cuts: readonly number[] = []) {
  const reader = new RecordReader();
  const records = [];
  for (const [i, from] of [0, ...cuts].entries()) {
    reader.push(bytes.subarray(from, cuts[i] ?? bytes.length));
    for (let record = reader.next(); record; record = reader.next()) records.push(record);
  }
  reader.end();
  return records;
}

describe('records of a backup', () => {
  it('are what the format says, byte by byte', () => {
    const record = encodeRecord(RECORD.end, 258, Uint8Array.of(7, 8));
    expect([...record.subarray(0, 11)]).toEqual([2, 0, 0, 0, 6, 2, 1, 0, 0, 7, 8]);
    expect(new DataView(record.buffer).getUint32(11, true)).toBe(crc32c(record, 0, 11));
    expect([...encodeBucket(BUCKET, IMAGE).subarray(-4)]).toEqual([...IMAGE]);
    expect([...encodeIds(1, [IDS[0]])]).toEqual([1, 0, 0, 0, ...IDS[0].id, 0xef, 0xbe, 0xad, 0xde]);
  });

  it('come back whole, however the stream is cut into pieces', () => {
    const random = seededRandom(7);
    for (let trial = 0; trial < 200; trial++) {
      const cuts = Array.from({ length: trial % 9 }, () => random.below(STREAM.length)).sort((a, b) => a - b);
      const records = readAll(STREAM, cuts);
      expect(records.map(({ type, ordinal }) => [type, ordinal])).toEqual(
        PAYLOADS.map(([type], i) => [type, i]),
      );
      expect(decodeHeader(records[0])).toEqual(HEADER);
      expect(decodeBucket(records[1].payload)).toEqual({ bucket: BUCKET, image: IMAGE });
      expect(decodeIds(records[2].payload)).toEqual({ hour: 497_222, ids: IDS });
      expect(decodeJson(records[3].payload)).toEqual(TOTALS);
    }
  });

  it('are refused with any bit flipped and cut short at any byte', () => {
    for (let bit = 0; bit < STREAM.length * 8; bit++) {
      const flipped = STREAM.slice();
      flipped[bit >> 3] ^= 1 << (bit & 7);
      expect(codeOf(() => readAll(flipped))).not.toBe('none');
    }
    const whole = new Set([0]);
    for (let end = 0, i = 0; i < PAYLOADS.length; i++) whole.add((end += 13 + PAYLOADS[i][1].length));
    for (let end = 0; end < STREAM.length; end++) {
      expect(codeOf(() => readAll(STREAM.subarray(0, end)))).toBe(whole.has(end) ? 'none' : 'ERR_TRUNCATED');
    }
  });

  it('never wait for more bytes than a record may have, nor take a type there is not', () => {
    const long = new Uint8Array(13);
    new DataView(long.buffer).setUint32(0, MOST_PAYLOAD_BYTES + 1, true);
    expect(codeOf(() => readAll(long))).toBe('ERR_FIELD');
    for (const type of [0, 7, 255]) {
      expect(codeOf(() => readAll(encodeRecord(type, 0, new Uint8Array(0))))).toBe('ERR_FIELD');
    }
  });

  it('hold what they should, or are refused with a code', () => {
    const header = (change: object) => () =>
      decodeHeader({ type: RECORD.header, ordinal: 0, payload: encodeJson({ ...HEADER, ...change }) });
    expect(codeOf(header({ format: 'other' }))).toBe('ERR_MAGIC');
    expect(codeOf(header({ version: 2 }))).toBe('ERR_VERSION');
    expect(codeOf(header({ id: 'x' }))).toBe('ERR_FIELD');
    expect(codeOf(header({ created: 'yesterday' }))).toBe('ERR_FIELD');
    expect(codeOf(() => decodeHeader({ type: RECORD.end, ordinal: 0, payload: encodeJson(HEADER) }))).toBe(
      'ERR_MAGIC',
    );
    for (const change of [
      { key: 1 },
      { level: 3 },
      { start: 0.5 },
      { n: -1 },
      { closes: 'soon' },
      { code: 1 },
    ]) {
      const bucket = { ...BUCKET, ...change } as typeof BUCKET;
      expect(codeOf(() => decodeBucket(encodeBucket(bucket, IMAGE)))).toBe('ERR_FIELD');
    }
    expect(codeOf(() => decodeBucket(Uint8Array.of(9, 0, 0, 0, 1)))).toBe('ERR_TRUNCATED');
    expect(codeOf(() => decodeBucket(Uint8Array.of(9)))).toBe('ERR_TRUNCATED');
    expect(codeOf(() => decodeIds(new Uint8Array(25)))).toBe('ERR_TRUNCATED');
    for (const text of ['[]', 'null', '{', '\xff']) {
      const payload = Uint8Array.from(text, (char) => char.charCodeAt(0));
      expect(codeOf(() => decodeJson(payload))).toBe('ERR_TEXT');
    }
  });
});

it('a bucket holds up to 2^53 values', () => {
  const bucket = { ...BUCKET, n: 2 ** 53 };
  expect(decodeBucket(encodeBucket(bucket, IMAGE)).bucket.n).toBe(2 ** 53);
  for (const n of [2 ** 53 + 2, -1, 1.5]) {
    expect(() => decodeBucket(encodeBucket({ ...BUCKET, n }, IMAGE))).toThrow(
      expect.objectContaining({ code: 'ERR_FIELD' }),
    );
  }
});
