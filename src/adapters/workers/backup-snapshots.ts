/** Snapshots that backups make for themselves, and drop when they end. */
import { LONGEST_CUT_MS } from './backup-cuts.js';
import type { Snapshot } from './contract.js';

/** Names of snapshots that begin so are a backup's own. */
export const BACKUP_SNAPSHOT = 'backup-';

export function isOfBackup({ name }: Pick<Snapshot, 'name'>): boolean {
  return name.startsWith(BACKUP_SNAPSHOT);
}

/** Whether the backup that made it has died. */
export function isLeftOver(snapshot: Pick<Snapshot, 'name' | 'created'>, now: number): boolean {
  return isOfBackup(snapshot) && snapshot.created < now - LONGEST_CUT_MS;
}
