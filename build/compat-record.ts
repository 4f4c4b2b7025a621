/**
 * `npm run compat:record`: records the version at hand under test/compat, when it is released: blobs of every format it writes
 * with what they say, a backup of an edge, and of the packed package what reads and writes. All from the packed tarball. Made
 * again from the same sources, blobs and package are the same bytes; a backup has times and an id of its own. A version that
 * has its tag is never recorded again.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { collectBeacons } from '../test/compat/beacons.js';
import { writeBlobs } from '../test/compat/blobs.js';
import { EdgeStory, onlyOf } from '../test/compat/edge-story.js';
import { factsOf } from '../test/compat/facts.js';
import type { BackupFacts, Manifest } from '../test/compat/manifest.js';
import {
  COMPAT,
  ROOT,
  recordedVersions,
  tarballOf,
  type UnpackedBuild,
  unpack,
  versionAtHand,
} from '../test/compat/release.js';

/** What is left out of the kept package: most of its bytes, and nothing that a blob or a stored object passes through. */
const LEFT_OUT = [
  'dist/cli',
  'dist/types',
  'dist/workerd',
  'dist/lib/index.js.map',
  'docs',
  'README.md',
  'CHANGELOG.md',
  'SECURITY.md',
];
/** Of the kept package: a repository carries it for ever. */
const MOST_BYTES = 300_000;
/** Packages that are kept: of the version at hand and of the one before it. */
const KEPT = 2;
const BACKUP = 'backup/edge.kllbackup';

const version = versionAtHand();
if (git('tag', '--list', `v${version}`)) {
  console.error(`compat:record: v${version} is tagged, and what was published does not change`);
  process.exit(2);
}
const scratch = mkdtempSync(join(tmpdir(), 'kll-record-'));
try {
  await record();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function record(): Promise<void> {
  const folder = join(COMPAT, version);
  const tarball = keptPackage(pack(ROOT));
  const release = await unpack(tarball, version);
  try {
    rmSync(folder, { recursive: true, force: true });
    const blobs = [...writeBlobs(release.entries), ...(await collectBeacons(release))].map((blob) => ({
      file: blob.file,
      kind: blob.kind,
      sha256: keep(folder, blob.file, blob.bytes),
      facts: factsOf(release.entries, blob),
    }));
    const backup = await recordBackup(release, folder);
    const packed = packedFiles(release);
    const manifest: Manifest = { version, blobs, backup, package: packed };
    keep(folder, 'manifest.json', Buffer.from(`${JSON.stringify(manifest, undefined, 1)}\n`));
    cpSync(tarball, tarballOf(version));
    for (const old of recordedVersions().slice(0, -KEPT)) rmSync(tarballOf(old), { force: true });
    console.log(
      `${version}: ${blobs.length} blobs, a backup of ${backup.n} values, ${Object.keys(packed).length} files of the package in ${readFileSync(tarball).length} bytes`,
    );
  } finally {
    release.remove();
  }
}

/** @returns the tarball; scripts would build again */
function pack(folder: string): string {
  const to = mkdtempSync(join(scratch, 'packed-'));
  const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', to], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return join(to, (JSON.parse(packed) as { filename: string }[])[0].filename);
}

/** The same package without what is left out: the files that stay are those of the tarball, byte for byte. */
function keptPackage(whole: string): string {
  execFileSync('tar', ['-xzf', whole, '-C', scratch]);
  for (const part of LEFT_OUT) rmSync(join(scratch, 'package', part), { recursive: true });
  const kept = pack(join(scratch, 'package'));
  const { length } = readFileSync(kept);
  if (length > MOST_BYTES)
    throw new Error(`the kept package has ${length} bytes, expected at most ${MOST_BYTES}`);
  return kept;
}

/** A backup of an edge of this release, with pending, closed and rolled up buckets of several days behind it. */
async function recordBackup({ worker }: UnpackedBuild, folder: string): Promise<BackupFacts> {
  const story = new EdgeStory(2026);
  try {
    await story.begin(onlyOf(worker));
    await story.configure();
    await story.ingest(8);
    await story.handedOver();
    await story.ingest(2);
    const { values, byRoute } = story.truth;
    const sha256 = keep(folder, BACKUP, await story.backup());
    const sum = values.reduce((total, x) => total + x, 0);
    return { file: BACKUP, sha256, n: values.length, sum, byRoute: Object.fromEntries(byRoute) };
  } finally {
    await story.close();
  }
}

function packedFiles({ lib }: UnpackedBuild): Record<string, string> {
  const root = dirname(dirname(lib));
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  const paths = files.map((file) => join(file.parentPath, file.name).slice(root.length + 1)).sort();
  return Object.fromEntries(paths.map((path) => [path, sha256Of(readFileSync(join(root, path)))]));
}

/** @returns its SHA-256 */
function keep(folder: string, file: string, bytes: Uint8Array): string {
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return sha256Of(bytes);
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
}
