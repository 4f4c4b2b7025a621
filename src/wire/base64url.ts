/** Base64url without padding (RFC 4648, section 5). */
import { SketchDataError } from '../core/errors.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

export function toBase64Url(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xffff;
    for (held += 8; held >= 6; held -= 6) text += ALPHABET[(bits >> (held - 6)) & 63];
  }
  return held ? text + ALPHABET[(bits << (6 - held)) & 63] : text;
}

/** @throws SketchDataError ERR_TEXT for a character outside the alphabet, an impossible length, or bits left over */
export function fromBase64Url(text: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let to = 0;
  for (let i = 0; i < text.length; i++) {
    const value = ALPHABET.indexOf(text[i]);
    if (value < 0)
      throw new SketchDataError('ERR_TEXT', `expected base64url, found ${JSON.stringify(text[i])}`, i);
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[to++] = bits >> held;
    }
  }
  if (held >= 6 || bits & ((1 << held) - 1)) {
    throw new SketchDataError('ERR_TEXT', 'base64url ends in the middle of a byte', text.length);
  }
  return bytes;
}
