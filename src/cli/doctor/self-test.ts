/** Does this build, on this machine, compute what it should? Known answers of each part that touches bytes or the kernel. */
import { createHash } from 'node:crypto';
import { SketchDataError } from '../../core/errors.js';
import { fromDataSketches } from '../../formats.js';
import { KllSketch } from '../../index.js';
import { crc32c } from '../../wire/crc32c.js';
import { exactQuantile } from '../exact.js';
import { type Finding, findingsOf } from './finding.js';

/** The check value of CRC-32C, of the nine digits (catalogue of parametrised CRC algorithms: CRC-32/ISCSI). */
const CRC_OF_DIGITS = 0xe3069283;
/** The value 42 as a compact image: docs/formats.md. */
const IMAGE_OF_42 = 'c71001c801010100015400d1dac955';
/** Ten values of 1 to 10, as Apache DataSketches for Java writes them. */
const APACHE_TEN =
  '05010f00c80008000a00000000000000c8000100be000000000000000000f03f' +
  '0000000000002440000000000000244000000000000022400000000000002040' +
  '0000000000001c40000000000000184000000000000014400000000000001040' +
  '00000000000008400000000000000040000000000000f03f';
/** SHA-256 of the image of `VALUES` at k = 200, seed 2, by tails. */
export const DIGESTS = {
  none: 'f4029636cc276c95c4cca46f6ea158c319e67415fbc7805ce27b683fe8fad05a',
  high: 'edd8de50e4d007e8b0e20c5531b3f298486c84a868a834b631394a43adc3dc11',
  both: '5356ef40fcece13aba897a3f443482bdaf3c5e81eaf38f8408e6a549dd6f9e38',
} as const;

const COUNT = 100_000;

/** Integer arithmetic alone: no engine's Math functions decide the input. */
function inputValues(): Float64Array {
  let state = 2;
  return Float64Array.from({ length: COUNT }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (1 + ((state >>> 8) % 997) * ((state >>> 20) % 61)) / 10;
  });
}

export function selfTestFindings(): Finding[] {
  const finding = findingsOf('self-test');
  const check = (name: string, test: () => string | undefined): Finding => {
    try {
      const fault = test();
      return finding(name, fault === undefined, fault ?? 'as known');
    } catch (error) {
      return finding(name, false, (error as Error).message);
    }
  };
  const values = inputValues();
  return [
    check('checksum', () => {
      const found = crc32c(new TextEncoder().encode('123456789'));
      return found === CRC_OF_DIGITS ? undefined : `CRC-32C of 123456789 is ${found.toString(16)}`;
    }),
    ...(['none', 'high', 'both'] as const).map((tails) =>
      check(`kernel, tails ${tails}`, () => kernelFault(values, tails)),
    ),
    check('merging', () => mergeFault(values)),
    check('compact image', () => {
      const sketch = KllSketch.fromBytes(Buffer.from(IMAGE_OF_42, 'hex'));
      return sketch.n === 1 && sketch.median === 42 ? undefined : `n ${sketch.n}, median ${sketch.median}`;
    }),
    check('a damaged image', () => {
      const bytes = Buffer.from(IMAGE_OF_42, 'hex');
      bytes[9] ^= 1;
      try {
        KllSketch.fromBytes(bytes);
      } catch (error) {
        if (error instanceof SketchDataError) return undefined;
        throw error;
      }
      return 'is not refused';
    }),
    check('Apache image', () => {
      const sketch = fromDataSketches(Buffer.from(APACHE_TEN, 'hex'), 'double');
      const { n, min, max, median } = sketch;
      return n === 10 && min === 1 && max === 10 && median === 5
        ? undefined
        : `n ${n}, ${min} to ${max}, median ${median}`;
    }),
  ];
}

function kernelFault(values: Float64Array, tails: keyof typeof DIGESTS): string | undefined {
  const sketch = new KllSketch({ k: 200, tails, seed: 2 }).extend(values);
  const digest = createHash('sha256').update(sketch.toBytes()).digest('hex');
  const fault = answerFault(sketch, values);
  if (fault) return fault;
  return digest === DIGESTS[tails] ? undefined : `the digest of its image is ${digest}`;
}

function mergeFault(values: Float64Array): string | undefined {
  const parts = Array.from({ length: 10 }, (_, i) =>
    new KllSketch({ k: 1024, seed: i + 1 })
      .extend(values.subarray((i * COUNT) / 10, ((i + 1) * COUNT) / 10))
      .toBytes(),
  );
  return answerFault(KllSketch.mergeAll(parts, { k: 1024, seed: 3 }), values);
}

/** n, sum and ends exactly, percentiles inside their bounds. */
function answerFault(sketch: KllSketch, values: Float64Array): string | undefined {
  const sorted = Float64Array.from(values).sort();
  let tenths = 0;
  for (const value of values) tenths += Math.round(value * 10);
  if (sketch.n !== COUNT) return `n is ${sketch.n}, expected ${COUNT}`;
  if (Math.abs(sketch.sum - tenths / 10) > 1e-6) return `the sum is ${sketch.sum}, expected ${tenths / 10}`;
  if (sketch.min !== sorted[0] || sketch.max !== sorted[COUNT - 1])
    return 'its ends are not those of the values';
  for (const rank of [0.01, 0.5, 0.9, 0.99]) {
    const truth = exactQuantile(sorted, rank);
    const { lower, upper } = sketch.quantileBounds(rank);
    if (truth < lower || truth > upper)
      return `the value of rank ${rank} is ${truth}, outside ${lower} to ${upper}`;
  }
  return undefined;
}
