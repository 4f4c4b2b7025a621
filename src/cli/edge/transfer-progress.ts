/** How far a duty of an edge has come. */
import { showBytes, showPart } from '../output/figures.js';
import { Progress } from '../output/progress.js';

/** What is done by now, in words, and bytes moved so far, where bytes are moved. */
type Figures = [detail: string, bytes?: number];

/**
 * @param what is done, as a word: 'backup'
 * @param wanted true: always; undefined: where standard error is a terminal
 * @param total bytes there are; absent where nobody knows
 */
export function transferProgress(
  what: string,
  wanted: boolean | undefined,
  total?: number,
): Progress<Figures> {
  return new Progress<Figures>(wanted, (seconds, detail, bytes) => {
    if (bytes === undefined) return `${what}: ${detail}`;
    const share = total ? bytes / total : undefined;
    return `${what}: ${detail}, ${showBytes(bytes)}${showPart(share)}  ${showBytes(Math.round(bytes / seconds))}/s`;
  });
}
