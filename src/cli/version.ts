/** Which version of the package this is. */
import { readFileSync } from 'node:fs';

/** The bundle lies as deep as this file. */
export function packageVersion(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}
