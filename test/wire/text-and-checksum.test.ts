/** Base64url and CRC-32C against known answers and the plain definition. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SketchDataError } from '../../src/core/errors.js';
import { fromBase64Url, toBase64Url } from '../../src/wire/base64url.js';
import { crc32c } from '../../src/wire/crc32c.js';
import { referenceCrc32c } from '../support/compact-reference.js';

describe('CRC-32C', () => {
  it.each([
    // RFC 3720, appendix B.4, and the check value of the catalogue of CRC algorithms.
    ['123456789', new TextEncoder().encode('123456789'), 0xe3069283],
    ['32 bytes of 0', new Uint8Array(32), 0x8a9136aa],
    ['32 bytes of ff', new Uint8Array(32).fill(255), 0x62a8ab43],
    ['32 ascending bytes', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ['32 descending bytes', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
    ['nothing', new Uint8Array(0), 0],
  ])('of %s', (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });

  it('is that of the definition, of any part of any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), fc.nat(100), (bytes, a, b) => {
        const start = Math.min(a, b, bytes.length);
        const end = Math.min(Math.max(a, b), bytes.length);
        expect(crc32c(bytes, start, end)).toBe(referenceCrc32c(bytes.subarray(start, end)));
      }),
      { seed: 1 },
    );
  });
});

describe('base64url', () => {
  it('is what Node writes, and comes back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const text = toBase64Url(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('base64url'));
        expect(fromBase64Url(text)).toEqual(Uint8Array.from(bytes));
      }),
      { seed: 2 },
    );
  });

  it.each([
    ['a lone character', 'A'],
    ['five characters', 'AAAAA'],
    ['padding', 'AA=='],
    ['the other alphabet', '+/+/'],
    ['a space', 'AA AA'],
    ['a line end', 'AAAA\n'],
    ['a letter of another script', 'AAAé'],
    ['bits behind the last byte', 'AB'],
    ['bits behind the last of two bytes', 'AAB'],
  ])('refuses %s', (_, text) => {
    expect(() => fromBase64Url(text)).toThrow(SketchDataError);
    expect(() => fromBase64Url(text)).toThrow(expect.objectContaining({ code: 'ERR_TEXT' }));
  });

  it.each([
    ['AA AA', 2, 'expected base64url, found " "'],
    ['+/+/', 0, 'expected base64url, found "+"'],
    ['AAAé', 3, 'expected base64url, found "é"'],
    ['AAAAA', 5, 'base64url ends in the middle of a byte'],
    ['AB', 2, 'base64url ends in the middle of a byte'],
  ])('says where %j goes wrong', (text, offset, what) => {
    expect(() => fromBase64Url(text)).toThrow(expect.objectContaining({ offset, what }));
  });

  it('gives every byte array one text only: any other text of its length is another array or refused', () => {
    const text = toBase64Url(Uint8Array.of(1, 2));
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const accepted = [...alphabet].filter((last) => {
      try {
        return Buffer.compare(fromBase64Url(text.slice(0, 2) + last), Uint8Array.of(1, 2)) === 0;
      } catch {
        return false;
      }
    });
    expect(accepted).toHaveLength(1);
  });
});
