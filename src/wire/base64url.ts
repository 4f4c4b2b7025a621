/** base64url without padding (RFC 4648, section 5). */
import { SketchDataError } from '../core/errors.js';

export function toBase64Url(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
}

/** @throws SketchDataError ERR_TEXT for any other text than `toBase64Url` gives */
export function fromBase64Url(text: string): Uint8Array {
  const at = text.search(/[^\w-]/);
  // Other characters, and bits behind the last byte, are refused: one text for each array of bytes.
  try {
    if (at < 0) {
      const bytes = Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
      if (toBase64Url(bytes) === text) return bytes;
    }
  } catch {}
  throw new SketchDataError(
    'ERR_TEXT',
    at < 0
      ? 'base64url ends in the middle of a byte'
      : `expected base64url, found ${JSON.stringify(text[at])}`,
    at < 0 ? text.length : at,
  );
}
