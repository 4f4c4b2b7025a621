/** What an ingest object knows of its tenant and of itself. */
import { isFormer, type TenantConfig } from './contract.js';

interface Row {
  [column: string]: SqlStorageValue;
  ringVersion: number;
  config: string | null;
  sender: string | null;
}

export class IngestState {
  readonly #sql: SqlStorage;
  #ringVersion = 0;
  #config: TenantConfig | undefined;
  #configText: string | null = null;
  #sender: string | null = null;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS ingest_state (one INTEGER PRIMARY KEY CHECK (one = 1),
         ring_version INTEGER NOT NULL, config TEXT, sender TEXT);
       INSERT OR IGNORE INTO ingest_state VALUES (1, 0, NULL, NULL)`,
    );
    this.load();
  }

  /** Reads anew what the table says: after a transaction that failed, too. */
  load(): void {
    const { ringVersion, config, sender } = this.#sql
      .exec<Row>('SELECT ring_version AS ringVersion, config, sender FROM ingest_state')
      .one();
    this.#ringVersion = ringVersion;
    this.#configText = config;
    this.#config = config === null ? undefined : (JSON.parse(config) as TenantConfig);
    this.#sender = sender;
  }

  /** The highest ring version this object has heard of: calls of former ones are refused. */
  get ringVersion(): number {
    return this.#ringVersion;
  }

  /** The latest configuration of the tenant that was heard of: for what alarms do. */
  get config(): TenantConfig | undefined {
    return this.#config;
  }

  /** This object's name, under which series objects know its sequences. */
  get sender(): string | null {
    return this.#sender;
  }

  /** Inside a transaction. */
  sawRing(version: number): void {
    if (version <= this.#ringVersion) return;
    this.#sql.exec('UPDATE ingest_state SET ring_version = ?', version);
    this.#ringVersion = version;
  }

  /** Inside a transaction. A former configuration changes nothing. */
  remember(config: TenantConfig, sender: string): void {
    if (isFormer(config, this.#config)) return;
    const text = JSON.stringify(config);
    if (text === this.#configText && sender === this.#sender) return;
    this.#sql.exec('UPDATE ingest_state SET config = ?, sender = ?', text, sender);
    this.#configText = text;
    this.#config = config;
    this.#sender = sender;
  }

  /** Inside a transaction. */
  clear(): void {
    this.#sql.exec('UPDATE ingest_state SET ring_version = 0, config = NULL, sender = NULL');
    this.load();
  }
}
