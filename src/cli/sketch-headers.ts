/** The fields at the head of a sketch's bytes, as far as they go: what can be shown of bytes that are refused too. */
import { compactHeader } from '../wire/compact-header.js';
import { crc32 } from '../wire/crc32.js';
import { crc32c } from '../wire/crc32c.js';
import type { SketchFile } from './input/sketch-file.js';

export type HeaderFields = Record<string, string | number | bigint | boolean | undefined>;

/** Fields by name; undefined where the bytes end before. Layouts: docs/formats.md. */
export function headerFields({ family, image = new Uint8Array(0) }: SketchFile): HeaderFields {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  switch (family) {
    case 'compact':
    case 'json':
      return { ...compactHeader(image) };
    case 'datasketches':
      return dataSketchesFields(view);
    case 'kll1':
      return {
        k: field(view, 4, 4, () => view.getUint32(4)),
        n: field(view, 8, 8, () => view.getBigUint64(8)),
        numLevels: field(view, 16, 4, () => view.getUint32(16)),
        seed: field(view, 20, 8, () => view.getBigUint64(20)),
      };
    case 'kll2':
      return {
        payloadLength: field(view, 4, 4, () => view.getUint32(4)),
        crc32: field(view, 8, 4, () => view.getUint32(8).toString(16).padStart(8, '0')),
        isEmpty: field(view, 12, 1, () => (view.getUint8(12) & 1) === 0),
        k: field(view, 13, 4, () => view.getUint32(13)),
        minK: field(view, 17, 4, () => view.getUint32(17)),
        n: field(view, 21, 8, () => view.getBigUint64(21)),
        numLevels: field(view, 29, 4, () => view.getUint32(29)),
        seed: field(view, 33, 8, () => view.getBigUint64(33)),
        compactions: field(view, 49, 8, () => view.getBigUint64(49)),
        retained: field(view, 57, 8, () => view.getBigUint64(57)),
      };
  }
}

/** Name of the checksum a form carries, if it carries one. */
export function checksumName({ family }: SketchFile): string | undefined {
  return { compact: 'CRC-32C', json: 'CRC-32C', kll2: 'CRC-32', kll1: undefined, datasketches: undefined }[
    family
  ];
}

/** 'none' where the form has no checksum, 'absent' where the bytes end before it. */
export function checksumVerdict({
  family,
  image = new Uint8Array(0),
}: SketchFile): 'good' | 'bad' | 'none' | 'absent' {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  switch (family) {
    case 'compact':
    case 'json': {
      const end = image.length - 4;
      if (end < 3) return 'absent';
      return view.getUint32(end, true) === crc32c(image, 0, end) ? 'good' : 'bad';
    }
    case 'kll2': {
      if (image.length < 12) return 'absent';
      return view.getUint32(8) === crc32(image.subarray(12)) ? 'good' : 'bad';
    }
    default:
      return 'none';
  }
}

function dataSketchesFields(view: DataView): HeaderFields {
  const flags = field(view, 3, 1, () => view.getUint8(3));
  const isFull = view.getUint8(0) === 5;
  return {
    preambleInts: field(view, 0, 1, () => view.getUint8(0)),
    serialVersion: field(view, 1, 1, () => view.getUint8(1)),
    isEmpty: flags === undefined ? undefined : (flags & 1) !== 0,
    isLevelZeroSorted: flags === undefined ? undefined : (flags & 2) !== 0,
    isSingleItem: flags === undefined ? undefined : (flags & 4) !== 0,
    k: field(view, 4, 2, () => view.getUint16(4, true)),
    m: field(view, 6, 1, () => view.getUint8(6)),
    // Images of no value and of one have no more.
    ...(isFull && {
      n: field(view, 8, 8, () => view.getBigUint64(8, true)),
      minK: field(view, 16, 2, () => view.getUint16(16, true)),
      numLevels: field(view, 18, 1, () => view.getUint8(18)),
    }),
  };
}

function field<T>(view: DataView, at: number, size: number, read: () => T): T | undefined {
  return at + size <= view.byteLength ? read() : undefined;
}
