/** Refused blobs that an edge keeps, into a folder: what a replay begins with. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DurableFile } from '../edge/durable-file.js';
import type { EdgeClient } from '../edge/edge-client.js';
import { ioError } from '../exit.js';

/** @returns names of the files, oldest first */
export async function fetchCaptures(client: EdgeClient, folder: string): Promise<string[]> {
  const { captures } = await client.json<{
    captures: { id: number; at: string; code: string; form: string }[];
  }>('/v1/admin/captures');
  await mkdir(folder, { recursive: true }).catch((error) => {
    throw ioError('write', folder, error);
  });
  const names: string[] = [];
  for (const { id, at, code, form } of captures.sort((a, b) => a.id - b.id)) {
    const ending = form === 'json' ? 'json' : 'kllbatch';
    // Names are times: they are sent again in the order in which they came.
    const name = `${at.replaceAll(/[^\dTZ]/g, '')}-${String(id).padStart(6, '0')}-${code.replaceAll(/\W/g, '')}.${ending}`;
    const file = await DurableFile.create(join(folder, name));
    await file.write(await client.bytes(`/v1/admin/captures/${id}`));
    await file.finish();
    names.push(name);
  }
  return names;
}
