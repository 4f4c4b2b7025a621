/** Snapshots that backups make for themselves, and drop when they end. */
import type { Snapshot } from './contract.js';

/** A backup may take so long; snapshots of those that died are dropped by the next one after. */
const LONGEST_BACKUP_MS = 6 * 3_600_000;

/** Names of snapshots that begin so are a backup's own. */
export const BACKUP_SNAPSHOT = 'backup-';

export function isOfBackup({ name }: Pick<Snapshot, 'name'>): boolean {
  return name.startsWith(BACKUP_SNAPSHOT);
}

/** The cut of a backup's snapshot, by the name of that; undefined of any other snapshot. */
export function cutOf(name: string): string | undefined {
  const id = name.slice(BACKUP_SNAPSHOT.length);
  return isOfBackup({ name }) && /^[0-9a-f]{32}$/.test(id) ? id : undefined;
}

/** Whether the backup that made it has died. */
export function isLeftOver(snapshot: Pick<Snapshot, 'name' | 'created'>, now: number): boolean {
  return isOfBackup(snapshot) && snapshot.created < now - LONGEST_BACKUP_MS;
}
