/** What a page loads for an import: bundled and minified for a browser, in bytes after gzip -9. */
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** @param contents the import statement that a page would write */
export async function pageBytes(contents: string, resolveDir = process.cwd()): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    platform: 'browser',
    define: { global: 'globalThis' },
    legalComments: 'none',
    write: false,
    logLevel: 'error',
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}
