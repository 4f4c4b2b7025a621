/** The calls of the one directory object, and what travels in them. */
import type { TenantConfig } from './tenant-config.js';

/** A public ingest key: its limits are the protection, for a key in a page is known to everybody. */
export interface IngestKey {
  key: string;
  tenant: string;
  /** Exact origins; empty: any. */
  origins: readonly string[];
  /** Requests a minute. */
  rate: number;
  /** Values behind one series of a batch. */
  maxN: number;
  /** Series of one batch. */
  maxSeries: number;
  created: number;
  revoked?: number;
}

/** A backup that was written and checked. */
export interface ConfirmedBackup {
  /** 32 hex digits. */
  id: string;
  /** When the data was as it is there, and when it was confirmed: epoch milliseconds. */
  created: number;
  confirmed: number;
  records: number;
  bytes: number;
  /** Who keeps it: the bucket that the Worker is bound to, or whoever fetched it. */
  target: 'bucket' | 'client';
  /** Where it lies there. */
  place: string;
}

/** A tenant, and what it would be brought back from. */
export interface TenantBackup {
  tenant: string;
  /** When it was first heard of, epoch milliseconds. */
  since: number;
  /** When the clock last had its turn begin, whatever became of it: epoch milliseconds. */
  turn?: number;
  /** Its newest backup, wherever that lies. */
  newest?: ConfirmedBackup;
}

/** What the directory does not do, and why. */
export interface Refusal {
  refused: 'ERR_RING_LIMIT' | 'ERR_LIMITS' | 'ERR_NOT_FOUND';
  detail: string;
}

/** Calls of the one directory object. */
export interface DirectoryCalls {
  key(key: string): Promise<IngestKey | undefined>;
  tenant(tenant: string): Promise<TenantConfig>;
  tenants(): Promise<string[]>;
  /** Changes what is given; `ingest` or `series` open a new ring version. Answers what holds now. */
  configure(
    tenant: string,
    change: Partial<Omit<TenantConfig, 'tenant' | 'rings'>> & { ingest?: number; series?: number },
  ): Promise<TenantConfig | Refusal>;
  createKey(key: Omit<IngestKey, 'key' | 'created' | 'revoked'>): Promise<IngestKey | Refusal>;
  /** Makes a new key with the same limits; the former one works until `graceMs` from now. */
  rotateKey(key: string, graceMs: number): Promise<IngestKey | Refusal>;
  revokeKey(key: string): Promise<boolean>;
  keys(tenant: string): Promise<IngestKey[]>;
  /** Keys of a backup that are not known here, for this tenant: all of them, or none. @returns how many */
  restoreKeys(tenant: string, keys: readonly IngestKey[]): Promise<{ restored: number } | Refusal>;
  /** Settings and keys as for a tenant that is new; its rings stay. */
  reset(tenant: string, what: { keys: boolean; settings: boolean }): Promise<void>;
  /** A backup is safe somewhere. */
  confirmBackup(tenant: string, backup: ConfirmedBackup): Promise<void>;
  /** Newest first. */
  backups(tenant: string): Promise<ConfirmedBackup[]>;
  /**
   * Of tenants that have backups, by where the newest one lies: when it was confirmed for the tenant that was served
   * longest ago, epoch milliseconds.
   */
  oldestBackups(): Promise<Record<string, number>>;
  /** All tenants, in order of name. */
  tenantBackups(): Promise<TenantBackup[]>;
  /** Writes down that the clock has a tenant's turn begin: one that never ends must not come first again. */
  beginTurn(tenant: string): Promise<void>;
  /** Origins of all keys that may be used, for answers to browsers; '*' when a key names none. */
  origins(): Promise<string[]>;
}
