/** Damages what an edge has stored, as failing storage would. The edge must have ended. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Folder of the series objects, by their class's unique key. */
const SERIES = 'storage/kll-wasm-series';

/**
 * Cuts the last byte off the oldest image of each series and resolution: whatever a query over all time reads first.
 * @param folder of the edge's data
 * @returns how many images were damaged
 */
export function damageOldest(folder: string): number {
  const objects = join(folder, SERIES);
  if (!existsSync(objects)) throw new Error(`${objects} is missing: was anything handed over yet?`);
  let damaged = 0;
  for (const file of readdirSync(objects)) {
    if (!file.endsWith('.sqlite') || file === 'metadata.sqlite') continue;
    const text = execFileSync(
      'sqlite3',
      [
        join(objects, file),
        `UPDATE buckets SET image = substr(image, 1, length(image) - 1)
           WHERE length(image) > 1 AND start = (SELECT min(start) FROM buckets older
             WHERE older.series = buckets.series AND older.level = buckets.level);
         SELECT changes();`,
      ],
      { encoding: 'utf8' },
    );
    damaged += Number(text);
  }
  return damaged;
}
