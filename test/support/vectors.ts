/** Files written by other libraries, which lie beside the project and are never copied into it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';

const FOLDER = fileURLToPath(new URL('../../../shared/vectors/', import.meta.url));
const PRESENT = existsSync(FOLDER);

/** Bytes of a vector file. */
export function readVector(name: string): Uint8Array {
  return new Uint8Array(readFileSync(FOLDER + name));
}

/** Text of a vector file. */
export function readVectorText(name: string): string {
  return readFileSync(FOLDER + name, 'utf8');
}

/** Names of the vector files that match. */
export function vectorNames(pattern: RegExp): string[] {
  return readdirSync(FOLDER).filter((name) => pattern.test(name));
}

/**
 * Tests that need the vectors. Where they are missing (a clone on its own), they fail in CI and elsewhere say
 * that they are left out.
 */
export function describeWithVectors(title: string, tests: () => void): void {
  if (PRESENT) describe(title, tests);
  else if (process.env.CI) {
    describe(title, () => {
      it('has its vectors', () => {
        throw new Error('../shared/vectors is missing beside the project; CI must have it');
      });
    });
  } else {
    console.warn(`left out, for ../shared/vectors is not beside the project: ${title}`);
    describe.skip(title, () => {
      it('needs ../shared/vectors', () => {});
    });
  }
}
