/** The Worker of docs/edge.md, in a project that has installed the package, as Wrangler would deploy it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { packedProject, ROOT } from '../support/packed-project.js';

const project = packedProject();
afterAll(() => project.remove());

const [, section] = readFileSync(join(ROOT, 'docs/edge.md'), 'utf8').split('### In a Worker of your own');
const block = (language: string) => new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(section)![1];

it('bundles with its three objects bound', () => {
  mkdirSync(join(project.folder, 'src'));
  project.write('src/worker.ts', block('ts'));
  project.write('wrangler.toml', block('toml'));
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'node_modules/wrangler/bin/wrangler.js'), 'deploy', '--dry-run'],
    {
      cwd: project.folder,
      encoding: 'utf8',
      env: {
        ...process.env,
        WRANGLER_SEND_METRICS: 'false',
        WRANGLER_LOG_PATH: project.folder,
        NO_COLOR: '1',
      },
    },
  );
  expect(status, stderr).toBe(0);
  for (const [binding, name] of [
    ['DIRECTORY', 'DirectoryObject'],
    ['INGEST', 'IngestObject'],
    ['SERIES', 'SeriesObject'],
  ]) {
    expect(stdout).toContain(`env.${binding} (${name})`);
  }
});

it('has the types it says it needs', () => {
  const types = join(ROOT, 'node_modules/@cloudflare/workers-types');
  const options = {
    target: 'ES2022',
    module: 'ESNext',
    moduleResolution: 'Bundler',
    lib: ['ES2023'],
    strict: true,
  };
  const check = (name: string, given: string[]) => {
    const config = { compilerOptions: { ...options, noEmit: true, types: given }, include: ['src'] };
    project.write(name, JSON.stringify(config));
    const { stdout } = spawnSync(
      process.execPath,
      [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', name],
      {
        cwd: project.folder,
        encoding: 'utf8',
      },
    );
    return stdout;
  };
  expect(check('tsconfig.json', [types])).toBe('');
  expect(check('tsconfig.without.json', [])).toContain("Cannot find name 'DurableObjectNamespace'");
});
