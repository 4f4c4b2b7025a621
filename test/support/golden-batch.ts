/** A batch with all that a batch can hold, with its bytes; docs/formats.md publishes the same. */
import type { Batch } from '../../src/wire/batch.js';
import { imageOf } from './golden-images.js';

export const GOLDEN_BATCH: Batch = {
  id: Uint8Array.from({ length: 16 }, (_, i) => i),
  created: 1_767_225_600_000,
  key: 'clé',
  series: [
    {
      name: 'lcp',
      labels: { device: 'phone', page: '/cart' },
      image: imageOf([[812, 1200, 2400.5]], { sum: 4412.5, tailGuarantee: 1 }),
      age: 1500,
    },
    {
      name: 'inp',
      labels: { device: 'phone' },
      values: Float64Array.of(8, 16, 104),
      age: 20.5,
    },
    { name: 'cls', labels: {}, values: Float64Array.of(2 ** -60), age: 0 },
  ],
};

export const GOLDEN_BATCH_HEX =
  'c80101000102030405060708090a0b0c0d0e0f000080aa6db7794204636cc3a907036c6370066465766963650570686f6e650470616765052f6361727403696e7003636c730300020102030400191241c80100000000803cb14001030105f07ee9184fb7b7d3030000000000709740050101020103010008100cb60100000000008034400600010100000000000000303c000000000000303c000000000000303c0000000000000000745e1e5d';
