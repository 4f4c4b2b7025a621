/**
 * Arrays of one class with the same bytes are equal. Compared element by element, images take most of the time of the tests
 * that compare them; where bytes differ, that comparison follows, and says where.
 */
import { expect } from 'vitest';

const bytesOf = (view: ArrayBufferView) => Buffer.from(view.buffer, view.byteOffset, view.byteLength);

expect.addEqualityTesters([
  (a, b) => {
    if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b) || a.constructor !== b.constructor) return undefined;
    return bytesOf(a).equals(bytesOf(b)) || undefined;
  },
]);
