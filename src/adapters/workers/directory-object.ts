/** The one object that knows tenants, their rings and their ingest keys. Workers cache its answers for seconds. */
import { DurableObject } from 'cloudflare:workers';
import type { EdgeBindings } from './bindings.js';
import type {
  ConfirmedBackup,
  DirectoryCalls,
  IngestKey,
  Refusal,
  TenantBackup,
  TenantConfig,
} from './contract.js';
import { MOST_FORMER_KEYS, MOST_KEYS, pageKey, senderKey } from './ingest-keys.js';
import { neededRings, newestRing } from './rings.js';
import { DEFAULT_SETTINGS, FIRST_RING } from './standard-settings.js';

type Change = Parameters<DirectoryCalls['configure']>[1];

/** They travel with every call. */
const MOST_RINGS = 32;
const TOO_MANY_KEYS: Refusal = {
  refused: 'ERR_LIMITS',
  detail: `a tenant has at most ${MOST_KEYS} keys`,
};
/** Of a tenant: older ones are forgotten here, wherever they lie. */
const MOST_BACKUPS = 100;

export class DirectoryObject extends DurableObject<EdgeBindings> implements DirectoryCalls {
  readonly #sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: EdgeBindings) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS tenants (tenant TEXT PRIMARY KEY, settings TEXT NOT NULL, rings TEXT NOT NULL)
         WITHOUT ROWID`,
    );
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS keys (key TEXT PRIMARY KEY, tenant TEXT NOT NULL, limits TEXT NOT NULL,
         created INTEGER NOT NULL, revoked INTEGER) WITHOUT ROWID`,
    );
    this.#sql.exec('CREATE INDEX IF NOT EXISTS keys_by_tenant ON keys (tenant)');
    // Pages may go on sending with a key that is forgotten: it must not come to be another tenant's.
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS former_keys (key TEXT PRIMARY KEY, tenant TEXT NOT NULL,
         revoked INTEGER NOT NULL, forgotten INTEGER NOT NULL) WITHOUT ROWID`,
    );
    this.#sql.exec('CREATE INDEX IF NOT EXISTS former_keys_by_tenant ON former_keys (tenant, forgotten)');
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS backups (tenant TEXT NOT NULL, id TEXT NOT NULL, confirmed INTEGER NOT NULL,
         backup TEXT NOT NULL, PRIMARY KEY (tenant, id)) WITHOUT ROWID`,
    );
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS known (tenant TEXT PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID',
    );
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS turns (tenant TEXT PRIMARY KEY, began INTEGER NOT NULL) WITHOUT ROWID',
    );
    // Tenants of a release that did not write it down.
    this.#sql.exec('INSERT OR IGNORE INTO known SELECT tenant, ? FROM tenants', Date.now());
  }

  async key(key: string): Promise<IngestKey | undefined> {
    return this.#key(key);
  }

  async tenant(tenant: string): Promise<TenantConfig> {
    const stored = this.#tenant(tenant);
    if (stored) return stored;
    const config = { ...DEFAULT_SETTINGS, tenant, rings: [FIRST_RING] };
    // Known from the first call on, so that a scrape finds its objects.
    this.#store(config);
    this.#sql.exec('INSERT OR IGNORE INTO known VALUES (?, ?)', tenant, Date.now());
    return config;
  }

  async tenants(): Promise<string[]> {
    return this.#sql
      .exec<{ tenant: string }>('SELECT tenant FROM tenants ORDER BY tenant')
      .toArray()
      .map((row) => row.tenant);
  }

  async configure(tenant: string, { ingest, series, ...settings }: Change): Promise<TenantConfig | Refusal> {
    const { rings, ...before } = await this.tenant(tenant);
    const newest = newestRing(rings);
    const next = { ...newest, ingest: ingest ?? newest.ingest, series: series ?? newest.series };
    const grown =
      next.ingest === newest.ingest && next.series === newest.series
        ? rings
        : [...rings, { ...next, version: newest.version + 1, since: Date.now() }];
    const windowMs = Math.max(before.windowMs, settings.windowMs ?? 0);
    const kept = neededRings(grown, windowMs, Date.now());
    if (kept.length > MOST_RINGS) {
      return { refused: 'ERR_RING_LIMIT', detail: `${MOST_RINGS} rings may hold data still` };
    }
    const config = { ...before, ...settings, tenant, rings: kept, revision: nextRevision(before) };
    this.#store(config);
    return config;
  }

  async createKey(limits: Omit<IngestKey, 'key' | 'created' | 'revoked'>): Promise<IngestKey | Refusal> {
    if (!this.#hasRoom(limits.tenant, 1)) return TOO_MANY_KEYS;
    const { tenant, origins, rate, maxN, maxSeries } = limits;
    const key = origins.length > 0 ? pageKey() : senderKey();
    const created = Date.now();
    this.#sql.exec(
      'INSERT INTO keys (key, tenant, limits, created) VALUES (?, ?, ?, ?)',
      key,
      tenant,
      JSON.stringify({ origins, rate, maxN, maxSeries }),
      created,
    );
    this.#forgetRevoked(tenant);
    return { key, tenant, origins, rate, maxN, maxSeries, created };
  }

  async rotateKey(key: string, graceMs: number): Promise<IngestKey | Refusal> {
    const former = this.#key(key);
    if (!former) return { refused: 'ERR_NOT_FOUND', detail: 'no such key' };
    const next = await this.createKey(former);
    if (!('refused' in next)) this.#revoke(key, Date.now() + graceMs);
    return next;
  }

  async revokeKey(key: string): Promise<boolean> {
    if (!this.#key(key)) return false;
    this.#revoke(key, Date.now());
    return true;
  }

  async keys(tenant: string): Promise<IngestKey[]> {
    return this.#sql
      .exec<KeyRow>('SELECT * FROM keys WHERE tenant = ? ORDER BY created, key', tenant)
      .toArray()
      .flatMap(fromRow);
  }

  async restoreKeys(tenant: string, keys: readonly IngestKey[]): Promise<{ restored: number } | Refusal> {
    const added = new Map(
      keys.filter(({ key }) => !this.#row(key) && this.#mayReturn(key, tenant)).map((key) => [key.key, key]),
    );
    const usable = [...added.values()].filter(({ revoked = Infinity }) => revoked > Date.now());
    if (!this.#hasRoom(tenant, usable.length)) return TOO_MANY_KEYS;
    for (const { key, origins, rate, maxN, maxSeries, created, revoked } of added.values()) {
      this.#sql.exec(
        'INSERT INTO keys (key, tenant, limits, created, revoked) VALUES (?, ?, ?, ?, ?)',
        key,
        tenant,
        JSON.stringify({ origins, rate, maxN, maxSeries }),
        created,
        revoked ?? null,
      );
    }
    this.#forgetRevoked(tenant);
    return { restored: added.size };
  }

  async reset(tenant: string, { keys, settings }: { keys: boolean; settings: boolean }): Promise<void> {
    if (keys)
      this.#forgetKeys(
        tenant,
        this.#sql.exec<{ key: string }>('SELECT key FROM keys WHERE tenant = ?', tenant),
      );
    const before = await this.tenant(tenant);
    // Rings are no setting: objects have heard of the newest, and refuse what is older.
    const after = settings ? { ...DEFAULT_SETTINGS, tenant, rings: before.rings } : before;
    this.#store({ ...after, revision: nextRevision(before) });
  }

  async confirmBackup(tenant: string, backup: ConfirmedBackup): Promise<void> {
    const { id, confirmed } = backup;
    const text = JSON.stringify(backup);
    this.#sql.exec('INSERT OR IGNORE INTO backups VALUES (?, ?, ?, ?)', tenant, id, confirmed, text);
    this.#sql.exec(
      `DELETE FROM backups WHERE tenant = ?1 AND id NOT IN
         (SELECT id FROM backups WHERE tenant = ?1 ORDER BY confirmed DESC LIMIT ${MOST_BACKUPS})`,
      tenant,
    );
  }

  async backups(tenant: string): Promise<ConfirmedBackup[]> {
    return this.#sql
      .exec<{ backup: string }>('SELECT backup FROM backups WHERE tenant = ? ORDER BY confirmed DESC', tenant)
      .toArray()
      .map(({ backup }) => readBackup(backup));
  }

  async oldestBackups(): Promise<Record<string, number>> {
    const newest = (await this.tenantBackups()).flatMap(({ newest }) => newest ?? []);
    const oldest: Record<string, number> = {};
    for (const { target, confirmed } of newest) {
      oldest[target] = Math.min(confirmed, oldest[target] ?? Number.POSITIVE_INFINITY);
    }
    return oldest;
  }

  async tenantBackups(): Promise<TenantBackup[]> {
    const rows = this.#sql.exec<{
      tenant: string;
      since: number;
      turn: number | null;
      backup: string | null;
    }>(
      `SELECT t.tenant, k.since, (SELECT began FROM turns WHERE turns.tenant = t.tenant) AS turn,
         (SELECT backup FROM backups AS b WHERE b.tenant = t.tenant ORDER BY confirmed DESC LIMIT 1) AS backup
       FROM tenants AS t JOIN known AS k ON k.tenant = t.tenant ORDER BY t.tenant`,
    );
    return rows.toArray().map(({ tenant, since, turn, backup }) => {
      return {
        tenant,
        since,
        ...(turn === null ? {} : { turn }),
        ...(backup === null ? {} : { newest: readBackup(backup) }),
      };
    });
  }

  async beginTurn(tenant: string): Promise<void> {
    this.#sql.exec('INSERT OR REPLACE INTO turns VALUES (?, ?)', tenant, Date.now());
  }

  async origins(): Promise<string[]> {
    const now = Date.now();
    const rows = this.#sql
      .exec<KeyRow>('SELECT * FROM keys WHERE revoked IS NULL OR revoked > ?', now)
      .toArray();
    return [
      ...new Set(rows.flatMap(fromRow).flatMap(({ origins }) => (origins.length > 0 ? origins : ['*']))),
    ];
  }

  #key(key: string): IngestKey | undefined {
    const row = this.#row(key);
    return row && fromRow(row)[0];
  }

  #row(key: string): KeyRow | undefined {
    return this.#sql.exec<KeyRow>('SELECT * FROM keys WHERE key = ?', key).toArray()[0];
  }

  /** Whether a tenant may have so many keys more: those that were revoked make room. */
  #hasRoom(tenant: string, more: number): boolean {
    const { count } = this.#sql
      .exec<{ count: number }>(
        'SELECT count(*) AS count FROM keys WHERE tenant = ? AND (revoked IS NULL OR revoked > ?)',
        tenant,
        Date.now(),
      )
      .one();
    return count + more <= MOST_KEYS;
  }

  /** Where there are more keys than there may be, those go that were revoked first. */
  #forgetRevoked(tenant: string): void {
    const revoked = this.#sql.exec<{ key: string }>(
      `SELECT key FROM keys WHERE tenant = ?1 AND revoked <= ?2 ORDER BY revoked
         LIMIT max(0, (SELECT count(*) FROM keys WHERE tenant = ?1) - ${MOST_KEYS})`,
      tenant,
      Date.now(),
    );
    this.#forgetKeys(tenant, revoked, true);
  }

  /** What is left of a key is whose it was. @param areRevoked they never come back, from no backup */
  #forgetKeys(tenant: string, keys: SqlStorageCursor<{ key: string }>, areRevoked = false): void {
    const gone = keys.toArray();
    if (gone.length === 0) return;
    for (const { key } of gone) {
      this.#sql.exec('DELETE FROM keys WHERE key = ?', key);
      this.#sql.exec(
        'INSERT OR REPLACE INTO former_keys VALUES (?, ?, ?, ?)',
        key,
        tenant,
        Number(areRevoked),
        Date.now(),
      );
    }
    this.#sql.exec(
      `DELETE FROM former_keys WHERE key IN (SELECT key FROM former_keys WHERE tenant = ?
         ORDER BY forgotten DESC LIMIT -1 OFFSET ${MOST_FORMER_KEYS})`,
      tenant,
    );
  }

  /** Whether a key that is not known now may be a tenant's: it was no other's, nor was it forgotten as one that is revoked. */
  #mayReturn(key: string, tenant: string): boolean {
    const former = this.#sql
      .exec<{ tenant: string; revoked: number }>('SELECT tenant, revoked FROM former_keys WHERE key = ?', key)
      .toArray()[0];
    return !former || (former.tenant === tenant && former.revoked === 0);
  }

  /** An earlier end of a key stays. */
  #revoke(key: string, at: number): void {
    this.#sql.exec('UPDATE keys SET revoked = min(coalesce(revoked, ?), ?) WHERE key = ?', at, at, key);
  }

  #tenant(tenant: string): TenantConfig | undefined {
    const row = this.#sql
      .exec<{ settings: string; rings: string }>(
        'SELECT settings, rings FROM tenants WHERE tenant = ?',
        tenant,
      )
      .toArray()[0];
    if (!row) return undefined;
    // Settings that came with a later release have their defaults.
    return { ...DEFAULT_SETTINGS, ...JSON.parse(row.settings), tenant, rings: JSON.parse(row.rings) };
  }

  #store({ tenant, rings, ...settings }: TenantConfig): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO tenants (tenant, settings, rings) VALUES (?, ?, ?)',
      tenant,
      JSON.stringify(settings),
      JSON.stringify(rings),
    );
  }
}

/** By the clock: it goes on where a release that did not count them has forgotten the last. */
function nextRevision({ revision = 0 }: Pick<TenantConfig, 'revision'>): number {
  return Math.max(Date.now(), revision + 1);
}

interface KeyRow {
  [column: string]: SqlStorageValue;
  key: string;
  tenant: string;
  limits: string;
  created: number;
  revoked: number | null;
}

/** None for a row without limits, which a restore once let in: a key that limits nothing is no key. */
function fromRow({ key, tenant, limits, created, revoked }: KeyRow): [] | [IngestKey] {
  const { origins, rate, maxN, maxSeries } = JSON.parse(limits) as IngestKey;
  if (!Array.isArray(origins) || ![rate, maxN, maxSeries].every(Number.isFinite)) return [];
  return [{ key, tenant, origins, rate, maxN, maxSeries, created, ...(revoked === null ? {} : { revoked }) }];
}

/** None was made after it was confirmed, whatever was said of it. */
function readBackup(text: string): ConfirmedBackup {
  const backup = JSON.parse(text) as ConfirmedBackup;
  return { ...backup, created: Math.min(backup.created, backup.confirmed) };
}
