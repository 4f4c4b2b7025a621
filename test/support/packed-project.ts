/** A scratch project that has installed the packed tarball, as a user would: nothing of the repository is in reach. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface PackedProject {
  folder: string;
  tarball: string;
  /** Paths in the tarball, with their sizes in bytes. */
  files: Map<string, number>;
  write(name: string, contents: string): string;
  remove(): void;
}

/** Packs what was built and installs it. Needs `npm run build`. */
export function packedProject(): PackedProject {
  if (!existsSync(join(ROOT, 'dist/types/index.d.ts')))
    throw new Error('dist is missing: run npm run build first');
  const folder = mkdtempSync(join(tmpdir(), 'kll-wasm-packed-'));
  const npm = (...args: string[]) =>
    execFileSync('npm', args, {
      cwd: args[0] === 'pack' ? ROOT : folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  // Scripts would build again.
  const [packed] = JSON.parse(npm('pack', '--json', '--ignore-scripts', '--pack-destination', folder));
  const tarball = join(folder, packed.filename);
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'scratch', private: true, type: 'module' }),
  );
  npm('install', '--offline', '--no-audit', '--no-fund', tarball);
  return {
    folder,
    tarball,
    files: new Map(packed.files.map((file: { path: string; size: number }) => [file.path, file.size])),
    write(name, contents) {
      const path = join(folder, name);
      writeFileSync(path, contents);
      return path;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
