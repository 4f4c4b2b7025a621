/** Examples of documents: what they promise behind `//` is held against what they print. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Code of a text, block after block. */
export function codeBlocks(text: string, language = 'js'): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, code]) => code,
  );
}

/** Runs an example in Node as it stands: the package knows itself by its name. */
export function expectPromised(code: string, cwd = ROOT): void {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
    cwd,
    encoding: 'utf8',
  });
  const promised = [...code.matchAll(/^console\.log\(.*; \/\/ (.*)$/gm)].map(([, line]) => line);
  expect({ stderr, lines: stdout.split('\n').slice(0, -1) }).toEqual({ stderr: '', lines: promised });
}
