/** Writes Apache KLL images field by field, right or deliberately wrong. It shares no code with the library. */

export type ApacheType = 'double' | 'float' | 'long';

/** The fields of an image; whatever is left out takes its right value. */
export interface ApacheFields {
  k: number;
  minK?: number;
  n: bigint;
  /** levels[0..L-1] as they stand in the image; the header's level count is their number unless given. */
  offsets: number[];
  numLevels?: number;
  min: number | bigint;
  max: number | bigint;
  items: ArrayLike<number | bigint>;
  levelZeroSorted?: boolean;
}

const SIZE = { double: 8, float: 4, long: 8 } as const;

/** An image in the form that n asks for: empty, single item or full. */
export function writeApacheImage(type: ApacheType, fields: ApacheFields): Uint8Array {
  if (fields.n === 0n) return writeShort(fields.k, 1, 0x01, 0);
  if (fields.n === 1n) {
    const bytes = writeShort(fields.k, 2, 0x04, SIZE[type]);
    writeItem(new DataView(bytes.buffer), 8, type, fields.items[0]);
    return bytes;
  }
  return writeFullApacheImage(type, fields);
}

/** An image in the full form, whatever n is. */
export function writeFullApacheImage(type: ApacheType, fields: ApacheFields): Uint8Array {
  const size = SIZE[type];
  const { offsets, items } = fields;
  const bytes = new Uint8Array(20 + 4 * offsets.length + (items.length + 2) * size);
  const view = new DataView(bytes.buffer);
  bytes.set([5, 1, 15, fields.levelZeroSorted ? 0x02 : 0]);
  view.setUint16(4, fields.k, true);
  bytes[6] = 8;
  view.setBigUint64(8, fields.n, true);
  view.setUint16(16, fields.minK ?? fields.k, true);
  bytes[18] = fields.numLevels ?? offsets.length;
  let at = 20;
  for (const offset of offsets) {
    view.setUint32(at, offset, true);
    at += 4;
  }
  for (const item of [fields.min, fields.max, ...Array.from(items)]) {
    writeItem(view, at, type, item);
    at += size;
  }
  return bytes;
}

function writeShort(k: number, serialVersion: number, flags: number, itemBytes: number): Uint8Array {
  const bytes = new Uint8Array(8 + itemBytes);
  bytes.set([2, serialVersion, 15, flags, k & 0xff, k >> 8, 8, 0]);
  return bytes;
}

function writeItem(view: DataView, at: number, type: ApacheType, item: number | bigint): void {
  if (type === 'long') view.setBigInt64(at, BigInt(item), true);
  else if (type === 'float') view.setFloat32(at, Number(item), true);
  else view.setFloat64(at, Number(item), true);
}
