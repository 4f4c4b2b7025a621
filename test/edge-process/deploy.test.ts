/** What is deployed: wrangler takes the configuration of each environment, and finds the kernel and every binding. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it.each(['staging', 'production'])('wrangler deploy --dry-run --env %s passes', (environment) => {
  const folder = mkdtempSync(join(tmpdir(), 'kll-deploy-'));
  const output = execFileSync(
    process.execPath,
    [
      'node_modules/wrangler/bin/wrangler.js',
      'deploy',
      '--dry-run',
      '--env',
      environment,
      '--outdir',
      folder,
    ],
    {
      encoding: 'utf8',
      env: {
        ...process.env,
        CLOUDFLARE_CF_FETCH_ENABLED: 'false',
        WRANGLER_SEND_METRICS: 'false',
        WRANGLER_SEND_ERROR_REPORTS: 'false',
        WRANGLER_HIDE_BANNER: 'true',
      },
    },
  );
  for (const binding of ['DIRECTORY', 'INGEST', 'SERIES', 'RATE_LIMIT', 'BACKUP']) {
    expect(output).toContain(`env.${binding}`);
  }
  const files = readdirSync(folder);
  expect(files).toContain('worker.js');
  expect(files.filter((file) => file.endsWith('.wasm'))).toHaveLength(1);
  rmSync(folder, { recursive: true });
}, 240_000);
