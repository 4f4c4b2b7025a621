/** A column of a user's file as raw f64, read once with the command line's own readers. */
import { writeFileSync } from 'node:fs';
import { ByteSource } from '../../src/cli/input/byte-source.js';
import { detectFormat, readValues } from '../../src/cli/input/detect.js';

/** Returns the path it wrote to. */
export async function readColumn(file: string, column: string | undefined, to: string): Promise<string> {
  const source = await ByteSource.open(file);
  const { collector, batches } = readValues(source, detectFormat(source), {
    skipInvalid: true,
    ...(column === undefined ? {} : { column }),
  });
  const parts: Uint8Array[] = [];
  for await (const batch of batches) parts.push(new Uint8Array(batch.slice().buffer));
  await source.close();
  if (collector.values === 0) throw new Error(`${file}: no numbers${column ? ` in ${column}` : ''}`);
  const { values, missing, invalid } = collector;
  process.stderr.write(`${file}: ${values} values, ${missing} missing, ${invalid} not numbers\n`);
  writeFileSync(to, Buffer.concat(parts));
  return to;
}
