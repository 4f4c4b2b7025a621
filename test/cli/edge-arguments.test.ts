import { execFileSync } from 'node:child_process';
import { mkdir, readFile, readlink, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { DurableFile } from '../../src/cli/edge/durable-file.js';
import { workFolder } from './run-kll.js';

const folder = await workFolder();
/** Nobody listens there. */
const url = 'http://127.0.0.1:9';

describe('a token that cannot be sent', () => {
  it.each([
    'secret\nsecond',
    'secret second',
    'secret€',
  ])('is refused before anybody is asked, and not shown: %j', async (token) => {
    for (const verb of ['vacuum', 'doctor']) {
      const { code, stdout, stderr } = await folder.kll([verb, '--url', url, '--token', token]);
      expect(code).toBe(2);
      expect(stderr).toContain('--token: expected one line');
      expect(stdout + stderr).not.toContain('secret');
    }
  });

  it('may have a line end behind it, as a file has', async () => {
    const { code, stderr } = await folder.kll(['vacuum', '--url', url, '--token', 'secret\n']);
    expect({ code, stderr }).toMatchObject({ code: 4, stderr: expect.stringContaining('ERR_UNREACHABLE') });
    expect(stderr).not.toContain('secret');
  });
});

it.each(['.', '..', ''])('no snapshot is named %j', async (name) => {
  const { code, stderr } = await folder.kll(['snapshot', 'delete', name, '--url', url, '--token', 'x']);
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('name of a snapshot') });
});

describe('a file that takes its name when it is whole', () => {
  it('lies where a link leads, and the link stays', async () => {
    await mkdir(folder.at('volume'));
    await folder.write('volume/b.kllbackup', 'old');
    await symlink('volume/b.kllbackup', folder.at('link.kllbackup'));
    const file = await DurableFile.create(folder.at('link.kllbackup'));
    await file.write(Uint8Array.of(1, 2, 3));
    expect(await readFile(folder.at('volume/b.kllbackup'), 'utf8')).toBe('old');
    await file.finish();
    expect(await readlink(folder.at('link.kllbackup'))).toBe('volume/b.kllbackup');
    expect([...(await readFile(folder.at('volume/b.kllbackup')))]).toEqual([1, 2, 3]);
  });

  it('is no pipe', async () => {
    execFileSync('mkfifo', [folder.at('pipe')]);
    await expect(DurableFile.create(folder.at('pipe'))).rejects.toMatchObject({
      code: 'ERR_FILE_KIND',
      exitCode: 4,
    });
  });
});

describe('the address of an edge', () => {
  it('keeps its path, as a proxy in front of an edge may want it', async () => {
    const asked: string[] = [];
    const proxy = createServer((request, response) => {
      asked.push(String(request.url));
      response.end();
    });
    await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening));
    try {
      const base = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/kll/`;
      await folder.kll(['snapshot', 'delete', 'one', '--url', base, '--token', 'x']);
      await folder.kll(['slo', 'check', '--url', base, '--token', 'x']);
      expect(asked).toEqual(['/kll/v1/admin/snapshots/one', '/kll/metrics']);
    } finally {
      proxy.close();
    }
  });

  it.each([
    'http://someone:secret@127.0.0.1:9',
    'http://127.0.0.1:9/?key=secret',
    'http://127.0.0.1:9/#secret',
  ])('holds nothing that would be dropped or logged: %s', async (address) => {
    const { code, stdout, stderr } = await folder.kll(['vacuum', '--url', address, '--token', 'x']);
    expect(code).toBe(2);
    expect(stderr).toContain('--url: expected no user, password, query or fragment');
    expect(stdout + stderr).not.toContain('secret');
  });
});
