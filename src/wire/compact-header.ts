/** The fixed fields at the head of a compact image, as far as the bytes go: they can be told of damaged bytes too. */

export interface CompactHeader {
  version: number | undefined;
  codec: string | undefined;
  hasSum: boolean | undefined;
  /** To how much items were rounded; 'full' where they were not. */
  precision: string | undefined;
  hasMinK: boolean | undefined;
  hasVariance: boolean | undefined;
  hasState: boolean | undefined;
  tailGuarantee: string | undefined;
  /** The checksum at the end, 8 hex digits. */
  crc32c: string | undefined;
}

const CODECS = ['RAW', 'DEC', 'BIN', 'ORD'];
const GUARANTEES = ['none', 'high', 'both', 'reserved'];

/** Fields by name; undefined where the bytes end before. Layout: docs/formats.md. */
export function compactHeader(image: Uint8Array): CompactHeader {
  const [, form, flags, precision] = image as ArrayLike<number> & Iterable<number | undefined>;
  const has = (bit: number) => (flags === undefined ? undefined : (flags & bit) !== 0);
  const end = image.length - 4;
  const view = new DataView(image.buffer, image.byteOffset, image.length);
  return {
    version: form === undefined ? undefined : form >> 4,
    codec: flags === undefined ? undefined : CODECS[flags & 3],
    hasSum: form === undefined ? undefined : (form & 2) !== 0,
    precision: flags === undefined ? undefined : has(4) ? describePrecision(precision) : 'full',
    hasMinK: has(8),
    hasVariance: has(16),
    hasState: has(32),
    tailGuarantee: flags === undefined ? undefined : GUARANTEES[flags >> 6],
    crc32c: end < 3 ? undefined : view.getUint32(end, true).toString(16).padStart(8, '0'),
  };
}

function describePrecision(precision: number | undefined): string | undefined {
  if (precision === undefined) return undefined;
  return precision & 0x80 ? `${precision & 0x7f} decimals` : `${precision} mantissa bits`;
}
