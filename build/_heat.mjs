import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const r = await build({
  stdin: { contents: "export * from './src/index.ts'", resolveDir: process.cwd() },
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  charset: 'utf8',
  write: false,
  legalComments: 'none',
  conditions: ['browser'],
  sourcemap: 'external',
  outfile: '/tmp/heat.js',
  external: ['./browser-kernel.js'],
  alias: { '#kernel': './src/wasm/source.browser.ts' },
});
for (const f of r.outputFiles)
  writeFileSync(f.path.endsWith('.map') ? '/tmp/heat.js.map' : '/tmp/heat.js', f.contents);
const js = r.outputFiles.find((f) => f.path.endsWith('.js')).contents;
writeFileSync('/tmp/heat.gz', gzipSync(js, { level: 9 }));
console.log(js.length, gzipSync(js, { level: 9 }).length);
