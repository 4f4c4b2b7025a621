/** What a page has and a bare engine lacks, so that the collector's core runs in one. */
import { seededRandom } from '../../support/prng.js';

/** Through the URI functions, which every engine has: they know UTF-8, and nothing else in the language does. */
class Utf8Encoder {
  encode(text: string): Uint8Array {
    const escaped = encodeURIComponent(text).replace(/%(..)/g, (_, hex) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    return Uint8Array.from(escaped, (byte) => byte.charCodeAt(0));
  }
}

/** Text in UTF-8 where it is missing; randomness and the clock everywhere, the same for each engine. */
export function completeEngine(): void {
  const give = (name: string, value: unknown) =>
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  if (typeof TextEncoder === 'undefined') give('TextEncoder', Utf8Encoder);
  const { uint32, next } = seededRandom(6);
  give('crypto', {
    getRandomValues<T extends Uint8Array | Uint32Array>(block: T): T {
      for (let i = 0; i < block.length; i++) block[i] = uint32();
      return block;
    },
  });
  Math.random = next;
  Date.now = () => 1_790_000_000_000;
}
