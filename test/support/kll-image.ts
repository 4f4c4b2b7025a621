/** Writes KLL1 and KLL2 images, right or deliberately wrong. It shares no code with the library. */
import { crc32 } from 'node:zlib';

export interface KllFields {
  k: number;
  n: bigint;
  levels: readonly (readonly number[])[];
  seed?: bigint;
  /** Level count and lengths as written, where they are to differ from the truth. */
  numLevels?: number;
  lengths?: readonly number[];
}

export interface Kll2Fields extends KllFields {
  min: number;
  max: number;
  flags?: number;
  minK?: number;
  retained?: bigint;
  compactions?: bigint;
}

/** A KLL1 image. */
export function writeKll1(fields: KllFields): Uint8Array {
  const { levels, numLevels = levels.length, seed = 11n } = fields;
  const levelBytes = writeLevels(fields);
  const bytes = new Uint8Array(28 + levelBytes.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x4b, 0x4c, 0x4c, 0x31]);
  view.setUint32(4, fields.k);
  view.setBigUint64(8, fields.n);
  view.setUint32(16, numLevels);
  view.setBigUint64(20, seed);
  bytes.set(levelBytes, 28);
  return bytes;
}

/** A KLL2 image. */
export function writeKll2(fields: Kll2Fields): Uint8Array {
  const { levels, numLevels = levels.length, seed = 11n } = fields;
  const levelBytes = writeLevels(fields);
  const bytes = new Uint8Array(81 + levelBytes.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x4b, 0x4c, 0x4c, 0x32]);
  bytes[12] = fields.flags ?? (fields.n > 0n ? 1 : 0);
  view.setUint32(13, fields.k);
  view.setUint32(17, fields.minK ?? fields.k);
  view.setBigUint64(21, fields.n);
  view.setUint32(29, numLevels);
  view.setBigUint64(33, seed);
  view.setBigUint64(41, seed ^ 0x9e3779b97f4a7c15n);
  view.setBigUint64(49, fields.compactions ?? 3n);
  view.setBigUint64(57, fields.retained ?? BigInt(levels.reduce((sum, level) => sum + level.length, 0)));
  view.setFloat64(65, fields.min);
  view.setFloat64(73, fields.max);
  bytes.set(levelBytes, 81);
  return sealKll2(bytes);
}

/** Writes the payload length and checksum that the payload asks for. */
export function sealKll2(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  view.setUint32(4, bytes.length - 12);
  view.setUint32(8, crc32(bytes.subarray(12)));
  return bytes;
}

function writeLevels({ levels, lengths }: KllFields): Uint8Array {
  const bytes = new Uint8Array(levels.reduce((sum, level) => sum + 4 + 8 * level.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  levels.forEach((level, i) => {
    view.setUint32(at, lengths?.[i] ?? level.length);
    level.forEach((x, j) => {
      view.setFloat64(at + 4 + 8 * j, x);
    });
    at += 4 + 8 * level.length;
  });
  return bytes;
}
