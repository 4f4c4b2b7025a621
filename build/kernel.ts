/** Compiles the kernel: release and that of pages (SIMD, no assertions), the tests' seam, debug (assertions); embeds both. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { main as asc } from 'assemblyscript/asc';

/** Entry of each target of asconfig.json. The debug build keeps its abort, so that the loader can say which assertion failed. */
const ENTRIES = {
  release: 'assembly/index.ts',
  page: 'assembly/page.ts',
  seam: 'assembly/seam.ts',
  debug: 'assembly/seam.ts',
};

/** What is added to every byte of the embedded kernel; src/wasm/embedded.ts takes it off. */
const ROTATION = 40;

/** Compiles every build of the kernel into dist/kernel. */
export async function buildKernel(): Promise<void> {
  mkdirSync('dist/kernel', { recursive: true });
  for (const [target, entry] of Object.entries(ENTRIES)) {
    const { error, stderr } = await asc([entry, '--config', 'asconfig.json', '--target', target]);
    if (error) throw new Error(`the ${target} kernel does not compile:\n${stderr}`);
  }
  embed('release');
  embed('page');
}

function embed(target: 'release' | 'page'): void {
  const bytes = readFileSync(`dist/kernel/${target}.wasm`);
  // One character a byte: gzip sees the repeats that base64 would hide. Moved up by 40, fewer bytes need an escape or a
  // second byte of UTF-8: 200 bytes less after gzip.
  writeFileSync(
    `dist/kernel/${target}.latin1.js`,
    `export const bytes = ${JSON.stringify(Buffer.from(bytes.map((byte) => byte + ROTATION)).toString('latin1'))};\n`,
  );
  writeFileSync(`dist/kernel/${target}.latin1.d.ts`, 'export declare const bytes: string;\n');
  console.log(`kernel, ${target}: ${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} gzip`);
}

if (process.argv[1]?.endsWith('kernel.ts')) await buildKernel();
