/** The kernel of servers: that of pages, and what only those need who merge what many pages sent. */
import { decodeImage as decode } from './image';

export * from './page';

/**
 * Decodes the compact image of `length` bytes at `image` into the input window; the memory behind it can be read for 8 bytes
 * more. Returns the address of a header for `absorb`, its items before it, or 0 when the host has to look at it: see image.ts.
 */
export function decodeImage(image: usize, length: u32): usize {
  return decode(image, length);
}
