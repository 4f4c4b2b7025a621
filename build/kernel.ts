/** Compiles the kernel: release (SIMD, no assertions), the tests' seam, debug (assertions); embeds the release. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { main as asc } from 'assemblyscript/asc';

const SHARED = ['--runtime', 'stub', '--use', 'abort=', '--enable', 'simd', '--initialMemory', '17'];
const FAST = ['-O3', '--shrinkLevel', '1', '--converge', '--noAssert'];
const BUILDS = {
  release: ['assembly/index.ts', ...SHARED, ...FAST],
  seam: ['assembly/seam.ts', ...SHARED, ...FAST],
  // The debug build keeps its abort, so that the loader can say which assertion failed.
  debug: [
    'assembly/seam.ts',
    '--runtime',
    'stub',
    '--enable',
    'simd',
    '--initialMemory',
    '17',
    '-O1',
    '--debug',
  ],
};

/** Compiles every build of the kernel into dist/kernel. */
export async function buildKernel(): Promise<void> {
  mkdirSync('dist/kernel', { recursive: true });
  for (const [name, args] of Object.entries(BUILDS)) {
    const { error, stderr } = await asc([...args, '--outFile', `dist/kernel/${name}.wasm`]);
    if (error) throw new Error(`the ${name} kernel does not compile:\n${stderr}`);
  }
  const bytes = readFileSync('dist/kernel/release.wasm');
  // One character a byte: gzip sees the repeats that base64 would hide.
  writeFileSync(
    'dist/kernel/release.latin1.js',
    `export const bytes = ${JSON.stringify(bytes.toString('latin1'))};\n`,
  );
  writeFileSync('dist/kernel/release.latin1.d.ts', 'export declare const bytes: string;\n');
  console.log(`kernel: ${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} gzip`);
}

if (process.argv[1]?.endsWith('kernel.ts')) await buildKernel();
