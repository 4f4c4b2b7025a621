/**
 * The commands of a runbook, in its own words: the lines of the `sh` blocks of a section. A command is expected to end
 * with 0 unless its line says otherwise: `kll verify suspect.kll # exit 1`, `... # exit 0 or 1`.
 */

export interface RunbookCommand {
  text: string;
  /** Exit codes that are as expected. */
  exits: readonly number[];
}

const EXPECTED = /\s+# exit (\d+)(?: or (\d+))?\b.*$/;

/** @param section the title behind `## ` @returns commands in their order; a line that ends in `\` goes on in the next */
export function commandsOf(runbook: string, section: string): RunbookCommand[] {
  const text = (runbook.split(`## ${section}\n`)[1] ?? '').split(/^## /m)[0];
  return [...text.matchAll(/^ *```sh\n(.*?)^ *```/gms)].flatMap(([, block]) =>
    block
      .replace(/\\\n\s*/g, '')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const [, ...exits] = EXPECTED.exec(line) ?? [];
        const expected = exits.filter((exit) => exit !== undefined).map(Number);
        return { text: line.replace(EXPECTED, ''), exits: expected.length > 0 ? expected : [0] };
      }),
  );
}
