/**
 * The compact image as docs/formats.md tells it, in the plainest way: integers are BigInts, a bit stream is a string of
 * '0' and '1', every codec is tried. It shares no code with the library and is there to be compared with it.
 */
import type { SketchImage, StateBlock, TailsCode } from '../../src/core/image.js';

const TWO_53 = 1n << 53n;
const TWO_30 = 1n << 30n;

/** What the reference refuses. */
export class Refused extends Error {}
function must(condition: boolean, rule: string): asserts condition {
  if (!condition) throw new Refused(rule);
}

// Doubles as integers.

const view = new DataView(new ArrayBuffer(8));
export function bitsOf(x: number): bigint {
  view.setFloat64(0, x);
  return view.getBigUint64(0);
}
function doubleOf(bits: bigint): number {
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
}
/** The integer X with x = X 2^-1074. */
function exactly(x: number): bigint {
  const magnitude = bitsOf(x) & ((1n << 63n) - 1n);
  const exponent = magnitude >> 52n;
  const mantissa = magnitude & ((1n << 52n) - 1n);
  const X = exponent === 0n ? mantissa : (mantissa | (1n << 52n)) << (exponent - 1n);
  return x < 0 ? -X : X;
}
/** The double X 2^-1074, for an X of at most 53 significant bits. */
function fromExact(X: bigint): number {
  const sign = X < 0n ? 1n << 63n : 0n;
  const M = X < 0n ? -X : X;
  const length = BigInt(M.toString(2).length);
  if (length <= 53n) return M < 1n << 53n ? doubleOf(sign | M) : Number.NaN;
  const shift = length - 53n;
  return doubleOf(sign | ((shift + 1n) << 52n) | ((M >> shift) & ((1n << 52n) - 1n)));
}
const orderOf = (x: number) => {
  const bits = bitsOf(x);
  return bits >> 63n ? (1n << 63n) - (bits & ((1n << 63n) - 1n)) : (1n << 63n) + bits;
};
const fromOrder = (o: bigint) => doubleOf(o >> 63n ? o - (1n << 63n) : (1n << 63n) | ((1n << 63n) - o));

// Bit strings, least significant bit first.

const bitString = (x: bigint, width: number) =>
  width ? [...x.toString(2).padStart(width, '0')].reverse().join('') : '';
const bitsToBytes = (bits: string) =>
  (bits.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt([...byte].reverse().join(''), 2));

class Bits {
  at = 0;
  readonly text: string;
  constructor(bytes: number[]) {
    this.text = bytes.map((byte) => bitString(BigInt(byte), 8)).join('');
  }
  take(width: number): bigint {
    must(this.at + width <= this.text.length, 'the stream is long enough');
    const bits = this.text.slice(this.at, (this.at += width));
    return width ? BigInt(`0b${[...bits].reverse().join('')}`) : 0n;
  }
  end(): void {
    const rest = this.text.slice(this.at);
    must(rest.length < 8 && !rest.includes('1'), 'zero bits fill the last byte, and no more');
  }
}

// Interpolative code.

const ceilLog2 = (N: bigint) => (N - 1n).toString(2).length;

function centred(x: bigint, N: bigint): string {
  const w = ceilLog2(N);
  const S = (1n << BigInt(w)) - N;
  let r = x - (N - S) / 2n;
  if (r < 0n) r += N;
  if (r < S) return bitString(r, w - 1);
  return bitString((r + S) >> 1n, w - 1) + bitString((r + S) & 1n, 1);
}
function readCentred(bits: Bits, N: bigint): bigint {
  const w = ceilLog2(N);
  const S = (1n << BigInt(w)) - N;
  const upper = bits.take(w - 1);
  const r = upper < S ? upper : ((upper << 1n) | bits.take(1)) - S;
  return (r + (N - S) / 2n) % N;
}
function interpolative(h: bigint[], lo: bigint, hi: bigint): string {
  if (h.length === 0 || lo === hi) return '';
  const m = h.length >> 1;
  return (
    centred(h[m] - lo, hi - lo + 1n) +
    interpolative(h.slice(0, m), lo, h[m]) +
    interpolative(h.slice(m + 1), h[m], hi)
  );
}
function readInterpolative(bits: Bits, count: number, lo: bigint, hi: bigint): bigint[] {
  if (count === 0) return [];
  if (lo === hi) return Array<bigint>(count).fill(lo);
  const m = count >> 1;
  const middle = lo + readCentred(bits, hi - lo + 1n);
  const below = readInterpolative(bits, m, lo, middle);
  return [...below, middle, ...readInterpolative(bits, count - m - 1, middle, hi)];
}

// Codecs: an image's values are min, max and the items; H with `lowWidth` low bits each.

interface Sequence {
  codec: number;
  header: number[];
  H: bigint[];
  low: bigint[];
  lowWidth: number;
}

function uv(x: bigint): number[] {
  return x < 128n ? [Number(x)] : [Number(x & 127n) + 128, ...uv(x >> 7n)];
}
const zigzag = (x: bigint) => (x < 0n ? -2n * x - 1n : 2n * x);
const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b));
const magnitude = (x: bigint) => (x < 0n ? -x : x);

function splitLow(span: bigint): number {
  let b = 0;
  while (span >> BigInt(b) >= TWO_30) b++;
  return b;
}

function scaled(codec: number, exponent: number, m: bigint[]): Sequence | undefined {
  const base = m[0];
  const g = m.reduce((g, x) => gcd(g, x - base), 0n) || 1n;
  const span = (m[1] - base) / g;
  if (magnitude(base) + span * g >= TWO_53) return undefined;
  const b = splitLow(span);
  const v = m.map((x) => (x - base) / g);
  return {
    codec,
    header: [...uv(BigInt(exponent)), ...uv(g), ...uv(zigzag(base)), ...uv(span)],
    H: v.map((x) => x >> BigInt(b)),
    low: v.map((x) => x & ((1n << BigInt(b)) - 1n)),
    lowWidth: b,
  };
}

/** DEC with the fewest decimals that do. */
function decimal(values: number[]): Sequence | undefined {
  for (let e = 0; e <= 22; e++) {
    const unit = 10n ** BigInt(e);
    const m = values.map((x) => {
      const scaledUp = exactly(x) * unit * 2n + (1n << 1074n);
      const nearest = scaledUp >> 1075n; // floor(x unit + 1/2)
      return magnitude(nearest) < TWO_53 && Number(nearest) / 10 ** e === x ? nearest : undefined;
    });
    if (m.every((x) => x !== undefined)) return scaled(1, e, m);
  }
  return undefined;
}

function binary(values: number[]): Sequence | undefined {
  const X = values.map(exactly);
  const zeros = X.filter((x) => x !== 0n).map((x) => /0*$/.exec(x.toString(2))![0].length);
  const e = zeros.length ? Math.min(...zeros) : 1074;
  return scaled(
    2,
    e,
    X.map((x) => x >> BigInt(e)),
  );
}

function ordered(values: number[]): Sequence {
  const o = values.map(orderOf);
  let s = 0;
  while (s < 63 && o.every((x) => x % (1n << BigInt(s + 1)) === 0n)) s++;
  if (s > 31 && (o[1] >> BigInt(s)) - (o[0] >> BigInt(s)) >= TWO_30) s = 31;
  let t = 0;
  let shift = BigInt(s);
  if (s <= 31) {
    const highSpan = () => (o[1] >> BigInt(32 + t)) - (o[0] >> BigInt(32 + t));
    while (highSpan() >= TWO_30) t++;
    shift = BigInt(32 + t);
  }
  const base = o[0] >> shift;
  const lowWidth = s > 31 ? 0 : 32 - s + t;
  return {
    codec: 3,
    header: [...uv(BigInt(s)), ...uv(BigInt(t)), ...uv(base), ...uv((o[1] >> shift) - base)],
    H: o.map((x) => (x >> shift) - base),
    low: o.map((x) => (x >> BigInt(s)) & ((1n << BigInt(lowWidth)) - 1n)),
    lowWidth,
  };
}

function sequenceBytes({ header, H, low, lowWidth }: Sequence, sizes: ArrayLike<number>): number[] {
  let bits = '';
  let at = 2;
  for (const size of Array.from(sizes)) bits += interpolative(H.slice(at, (at += size)), 0n, H[1]);
  if (lowWidth) for (const x of low) bits += bitString(x, lowWidth);
  return [...header, ...bitsToBytes(bits)];
}

/** Codec and bytes of values: the shortest; of the same length RAW, then the lower number. */
export function referenceValues(
  values: number[],
  sizes: ArrayLike<number>,
): { codec: number; bytes: number[] } {
  const raw = values.flatMap((x) => fixed(8, (v) => v.setFloat64(0, x, true)));
  let best = { codec: 0, bytes: raw };
  if (values.some((x) => Object.is(x, -0))) return best;
  const finite = values.every(Number.isFinite);
  for (const sequence of [finite && decimal(values), finite && binary(values), ordered(values)]) {
    if (!sequence) continue;
    const bytes = sequenceBytes(sequence, sizes);
    if (bytes.length < best.bytes.length) best = { codec: sequence.codec, bytes };
  }
  return best;
}

function fixed(size: number, write: (view: DataView) => void): number[] {
  const bytes = new Uint8Array(size);
  write(new DataView(bytes.buffer));
  return [...bytes];
}

/** CRC-32C, bit by bit. */
export function referenceCrc32c(bytes: ArrayLike<number>): number {
  let crc = 0xffffffffn;
  for (const byte of Array.from(bytes)) {
    crc ^= BigInt(byte);
    for (let i = 0; i < 8; i++) crc = crc & 1n ? (crc >> 1n) ^ 0x82f63b78n : crc >> 1n;
  }
  return Number(crc ^ 0xffffffffn);
}

/** The bytes with their last four made the checksum of the others. */
export function seal(bytes: Uint8Array): Uint8Array {
  if (bytes.length >= 4) {
    const at = bytes.length - 4;
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(at, referenceCrc32c(bytes.subarray(0, at)), true);
  }
  return bytes;
}

export function referenceEncode(image: SketchImage): Uint8Array {
  const { k, minK, sum, variance, sizes, precision, state, tailGuarantee } = image;
  const values = sizes.length
    ? referenceValues([image.min, image.max, ...image.items], sizes)
    : { codec: 0, bytes: [] };
  const withState = sizes.length > 0 && state !== undefined && precision === undefined;
  const bytes = [
    0xc7,
    16 + (Number.isNaN(sum) ? 0 : 2),
    values.codec +
      (precision === undefined ? 0 : 4) +
      (minK === k ? 0 : 8) +
      (variance ? 16 : 0) +
      (withState ? 32 : 0) +
      64 * tailGuarantee,
    ...(precision === undefined ? [] : [precision]),
    ...uv(BigInt(k)),
    ...(minK === k ? [] : uv(BigInt(minK))),
    ...(variance ? floatAbove(variance) : []),
    ...(Number.isNaN(sum) ? [] : fixed(8, (v) => v.setFloat64(0, sum, true))),
    sizes.length,
    ...Array.from(sizes).flatMap((size) => uv(BigInt(size))),
    ...(withState ? stateBytes(state) : []),
    ...values.bytes,
    0,
    0,
    0,
    0,
  ];
  return seal(Uint8Array.from(bytes));
}

/** The least float that is not below x > 0. */
function floatAbove(x: number): number[] {
  const float = fixed(4, (v) => v.setFloat32(0, x, true));
  if (Math.fround(x) >= x) return float;
  return fixed(4, (v) =>
    v.setUint32(0, new DataView(Uint8Array.from(float).buffer).getUint32(0, true) + 1, true),
  );
}

function stateBytes(state: StateBlock): number[] {
  const { pendingOffset } = state;
  return [
    ...fixed(8, (v) => v.setBigUint64(0, state.generator, true)),
    ...fixed(8, (v) => v.setBigUint64(0, state.seed, true)),
    state.tails,
    pendingOffset === undefined ? 0 : 1,
    ...(pendingOffset === undefined ? [] : fixed(8, (v) => v.setBigUint64(0, BigInt(pendingOffset), true))),
    ...Array.from(state.compactions).flatMap((count) => uv(BigInt(count))),
  ];
}

/** Reads an image. @throws Refused */
export function referenceDecode(bytes: Uint8Array, maxK = 65535): SketchImage {
  let at = 0;
  const end = bytes.length - 4;
  const take = (count: number) => {
    must(at + count <= end, 'the image is long enough');
    return new DataView(Uint8Array.from(bytes.subarray(at, (at += count))).buffer);
  };
  const u8 = () => take(1).getUint8(0);
  const readUv = (least: bigint, most: bigint): bigint => {
    let x = 0n;
    for (let i = 0; ; i++) {
      must(i < 8, 'an integer has at most 8 bytes');
      const byte = BigInt(u8());
      x += (byte & 127n) << BigInt(7 * i);
      if (byte >= 128n) continue;
      must(byte !== 0n || i === 0, 'an integer is minimal');
      must(x >= least && x <= most, 'an integer is in its range');
      return x;
    }
  };

  must(end >= 5, 'the image is long enough');
  must(
    new DataView(bytes.buffer, bytes.byteOffset).getUint32(end, true) ===
      referenceCrc32c(bytes.subarray(0, end)),
    'checksum',
  );
  must(u8() === 0xc7, 'magic');
  const head = u8();
  must(head === 0x10 || head === 0x12, 'version 1, float64, no reserved bit');
  const flags = u8();
  const codec = flags & 3;
  const tailGuarantee = (flags >> 6) as TailsCode;
  must(flags >> 6 !== 3, 'tail guarantee');
  const precision = flags & 4 ? u8() : undefined;
  must(
    precision === undefined || (precision >= 1 && precision <= 51) || (precision >= 128 && precision <= 150),
    'precision',
  );
  must(!((flags & 4) !== 0 && (flags & 32) !== 0), 'a rounded image carries no state');
  const k = Number(readUv(8n, BigInt(maxK)));
  const minK = flags & 8 ? Number(readUv(8n, 65535n)) : k;
  const variance = flags & 16 ? take(4).getFloat32(0, true) : 0;
  must(Number.isFinite(variance) && variance >= 0, 'variance');
  const sum = head === 0x12 ? take(8).getFloat64(0, true) : Number.NaN;
  must(head === 0x10 || !Number.isNaN(sum), 'a sum that is sent is a number');
  const levels = Number(readUv(0n, 54n));
  const common = { k, minK, sum, variance, tailGuarantee, ...(precision === undefined ? {} : { precision }) };
  if (levels === 0) {
    must(codec === 0 && !(flags & 32) && at === end, 'an empty image is RAW and ends');
    return {
      ...common,
      n: 0,
      min: Number.NaN,
      max: Number.NaN,
      sizes: new Uint32Array(0),
      items: new Float64Array(0),
    };
  }
  const sizes = Array.from({ length: levels }, () => Number(readUv(0n, TWO_53)));
  const retained = sizes.reduce((a, b) => a + b, 0);
  must(sizes[levels - 1] > 0, 'the top level is not empty');
  must(retained <= 3 * k + 9 * levels + (tailGuarantee ? 288 * levels : 0), 'items fit the budget');
  const n = sizes.reduce((n, size, level) => n + (BigInt(size) << BigInt(level)), 0n);
  must(n <= TWO_53, 'n');
  let state: StateBlock | undefined;
  if (flags & 32) {
    const generator = take(8).getBigUint64(0, true);
    const seed = take(8).getBigUint64(0, true);
    const tails = u8() as TailsCode;
    must(tails <= 2, 'tails policy');
    const phase = u8();
    must(phase <= 1, 'block phase');
    const pendingOffset = phase ? take(8).getBigUint64(0, true) : undefined;
    must(pendingOffset === undefined || pendingOffset < TWO_53, 'pending offset');
    const compactions = Uint32Array.from(sizes, () => Number(readUv(0n, (1n << 32n) - 1n)));
    state = {
      generator,
      seed,
      tails,
      compactions,
      ...(pendingOffset === undefined ? {} : { pendingOffset: Number(pendingOffset) }),
    };
  }
  const values = readReferenceValues();
  const [min, max] = values;
  const items = Float64Array.from(values.slice(2));
  must(min <= max, 'min <= max');
  let from = 0;
  for (const size of sizes) {
    for (let i = from; i < from + size; i++)
      must(items[i] >= (i > from ? items[i - 1] : min) && items[i] <= max, 'levels ascend');
    from += size;
  }
  return {
    ...common,
    n: Number(n),
    min,
    max,
    sizes: Uint32Array.from(sizes),
    items,
    ...(state ? { state } : {}),
  };

  function readReferenceValues(): number[] {
    if (codec === 0) {
      must(end - at === 8 * (retained + 2), 'a raw image has its length');
      return Array.from({ length: retained + 2 }, () => take(8).getFloat64(0, true));
    }
    if (codec === 3) {
      const s = Number(readUv(0n, 63n));
      const t = Number(readUv(0n, s > 31 ? 0n : 2n));
      const base = readUv(0n, (1n << 32n) - 1n);
      const span = readUv(0n, TWO_30 - 1n);
      const dropped = s > 31 ? s - 32 : t;
      must(base > 0n && (base + span) << BigInt(dropped) < 1n << 32n, 'the words of doubles');
      const b = s > 31 ? 0 : 32 - s + t;
      return readSequence(span, b).map((v) =>
        fromOrder(s > 31 ? (v + base) << BigInt(s) : (v + (base << BigInt(b))) << BigInt(s)),
      );
    }
    const e = readUv(0n, codec === 1 ? 22n : 2097n);
    const g = readUv(1n, TWO_53);
    const z = readUv(0n, 2n * TWO_53);
    const base = z & 1n ? -(z + 1n) / 2n : z / 2n;
    const span = readUv(0n, TWO_53);
    must(magnitude(base) + span * g < TWO_53, 'base and span');
    const value = (m: bigint) => (codec === 1 ? Number(m) / 10 ** Number(e) : fromExact(m << e));
    const largest = ((1n << 53n) - 1n) << 2045n;
    for (const m of [base, base + span * g]) must(codec === 1 || magnitude(m << e) <= largest, 'finite');
    const b = splitLow(span);
    return readSequence(span >> BigInt(b), b).map((v) => {
      must(v <= span, 'no value beyond the span');
      return value(base + g * v);
    });
  }
  function readSequence(top: bigint, b: number): bigint[] {
    const bits = new Bits([...bytes.subarray(at, end)]);
    const H = [0n, top, ...sizes.flatMap((size) => readInterpolative(bits, size, 0n, top))];
    const values = H.map((h) => (h << BigInt(b)) | (b ? bits.take(b) : 0n));
    bits.end();
    return values;
  }
}
