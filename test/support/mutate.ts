/** Mutations of bytes for fuzzing. */
import type { SeededRandom } from './prng.js';

const EXTREMES = [0, 1, 2, 5, 7, 8, 0x0f, 0x7f, 0x80, 0xfe, 0xff];

/** One to four changes of any kind: bits, bytes, extreme fields, bytes moved, cut off or added. */
export function mutate(sound: Uint8Array, random: SeededRandom): Uint8Array {
  let bytes = sound.slice();
  for (let left = 1 + random.below(4); left > 0 && bytes.length; left--) {
    // Half of all changes hit the header, where most decisions are made.
    const at = random.below(random.below(2) ? Math.min(bytes.length, 48) : bytes.length);
    switch (random.below(8)) {
      case 0:
        bytes = bytes.slice(0, at);
        break;
      case 1: {
        const grown = new Uint8Array(bytes.length + 1 + random.below(24));
        grown.set(bytes);
        bytes = grown;
        break;
      }
      case 2:
        bytes.copyWithin(at, random.below(bytes.length), random.below(bytes.length));
        break;
      case 3:
        bytes.fill(EXTREMES[random.below(EXTREMES.length)], at, at + 1 + random.below(8));
        break;
      case 4:
        bytes[at] = random.below(256);
        break;
      case 5:
        bytes[at] = EXTREMES[random.below(EXTREMES.length)];
        break;
      default:
        bytes[at] ^= 1 << random.below(8);
    }
  }
  return bytes;
}
