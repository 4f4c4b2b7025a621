/** The kernel of servers: that of pages, and what only those need who merge what many pages sent. */
import { decodeImage } from './image';
import { H_N } from './layout';
import { absorbState } from './merge';

export * from './page';

/**
 * Takes the compact image of `length` bytes at `image`; the memory behind it can be read for 8 bytes more. Returns its n,
 * or 0, with nothing changed, when the host has to decode or refuse it: see image.ts.
 */
export function absorbImage(image: usize, length: u32): f64 {
  const source = decodeImage(image, length);
  if (!source) return 0;
  absorbState(source);
  return load<f64>(source + H_N);
}
