/** The licences of what a bundle contains besides our own code. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

/**
 * @param metafile of the esbuild run that made the bundle (`metafile: true`)
 * @param root folder the metafile's paths start from
 * @returns one text: name, version, licence text of each package, in order of name
 * @throws Error for a package without a licence
 */
export function thirdPartyNotices(metafile: Metafile, root: string): string {
  const folders = new Set<string>();
  for (const output of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
      const folder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
      if (folder && bytesInOutput > 0) folders.add(folder);
    }
  }
  const notices = [...folders].map((folder) => notice(join(root, folder))).sort();
  return ['This program contains the following software.', ...notices].join(`\n\n${'-'.repeat(80)}\n\n`);
}

function notice(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  if (!file && !license) throw new Error(`${name}@${version} in the bundle has no licence`);
  const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `Licence: ${license}`;
  return `${name} ${version}\n\n${text}`;
}
