import { describe, expect, it } from 'vitest';
import { decodeCompact } from '../../src/wire/compact-decode.js';
import { compactHeader } from '../../src/wire/compact-header.js';
import { GOLDEN_IMAGES } from '../support/golden-images.js';

const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

describe('the header of a compact image', () => {
  it.each(GOLDEN_IMAGES)('$title: says what the image has', ({ title, options, hex }) => {
    const bytes = bytesOf(hex);
    const decoded = decodeCompact(bytes);
    const { bits, decimals } = options?.precision ?? {};
    expect(compactHeader(bytes)).toEqual({
      version: 1,
      codec: /^(RAW|DEC|BIN|ORD):/.exec(title)?.[1] ?? expect.stringMatching(/^(RAW|DEC|BIN|ORD)$/),
      hasSum: !Number.isNaN(decoded.sum),
      precision:
        bits !== undefined
          ? `${bits} mantissa bits`
          : decimals !== undefined
            ? `${decimals} decimals`
            : 'full',
      hasMinK: decoded.minK !== decoded.k,
      hasVariance: decoded.variance > 0,
      hasState: decoded.state !== undefined,
      tailGuarantee: ['none', 'high', 'both'][decoded.tailGuarantee],
      crc32c: Buffer.from(bytes.slice(-4)).reverse().toString('hex'),
    });
  });

  it('is told of damaged bytes as far as they go', () => {
    const nothing = {
      codec: undefined,
      precision: undefined,
      hasMinK: undefined,
      hasVariance: undefined,
      hasState: undefined,
      tailGuarantee: undefined,
      crc32c: undefined,
    };
    expect(compactHeader(bytesOf(''))).toMatchObject({ ...nothing, version: undefined, hasSum: undefined });
    expect(compactHeader(bytesOf('c7'))).toMatchObject({ ...nothing, version: undefined, hasSum: undefined });
    expect(compactHeader(bytesOf('c732'))).toMatchObject({ ...nothing, version: 3, hasSum: true });
    // It ends before the byte that says how much it was rounded, and before any checksum.
    expect(compactHeader(bytesOf('c710ec'))).toEqual({
      version: 1,
      codec: 'RAW',
      hasSum: false,
      precision: undefined,
      hasMinK: true,
      hasVariance: false,
      hasState: true,
      tailGuarantee: 'reserved',
      crc32c: undefined,
    });
    expect(compactHeader(bytesOf('c7100001020304')).crc32c).toBe('04030201');
    expect(compactHeader(bytesOf('c71000010203')).crc32c).toBe(undefined);
  });
});
