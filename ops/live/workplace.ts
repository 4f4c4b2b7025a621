/** The folder a person works in who follows a runbook: this project as it is, and the files that they brought. */
import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** @returns the folder's environment: `kll` of this build is on its path */
export function makeWorkplace(folder: string): Record<string, string> {
  mkdirSync(folder, { recursive: true });
  for (const entry of readdirSync(ROOT)) {
    // Files of its own stay out of the checkout.
    if (!/^\.(git|kll-edge|wrangler)$/.test(entry)) symlinkSync(join(ROOT, entry), join(folder, entry));
  }
  const bin = join(folder, '.bin');
  mkdirSync(bin);
  writeFileSync(
    join(bin, 'kll'),
    `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'dist/cli/kll.js')}' "$@"\n`,
  );
  chmodSync(join(bin, 'kll'), 0o755);
  return { PATH: `${bin}:${process.env.PATH}`, NO_COLOR: '1' };
}
