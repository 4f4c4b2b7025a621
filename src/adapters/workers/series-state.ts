/** What a series object knows besides its buckets: its tenant, how far each sender came, the number of its writes. */
import { isFormer, type TenantConfig } from './contract.js';

interface Row {
  [column: string]: SqlStorageValue;
  config: string | null;
  version: number;
  closing: number;
  exported: number | null;
}

export class SeriesState {
  readonly #sql: SqlStorage;
  #config: TenantConfig | undefined;
  #configText: string | null = null;
  #version = 1;
  #closing = 0;
  #exported = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS series_state (one INTEGER PRIMARY KEY CHECK (one = 1), config TEXT,
         version INTEGER NOT NULL, closing INTEGER NOT NULL, exported INTEGER);
       INSERT OR IGNORE INTO series_state VALUES (1, NULL, 1, 0, NULL);
       CREATE TABLE IF NOT EXISTS applied (sender TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID;
       CREATE TABLE IF NOT EXISTS restores (backup TEXT PRIMARY KEY, objects INTEGER NOT NULL) WITHOUT ROWID`,
    );
    this.load();
  }

  /** Reads anew what the table says: after a transaction that failed, too. */
  load(): void {
    const { config, version, closing, exported } = this.#sql
      .exec<Row>('SELECT config, version, closing, exported FROM series_state')
      .one();
    this.#configText = config;
    this.#config = config === null ? undefined : (JSON.parse(config) as TenantConfig);
    this.#version = version;
    this.#closing = closing;
    this.#exported = exported ?? 0;
  }

  /** The latest configuration of the tenant that was heard of: for what alarms do. */
  get config(): TenantConfig {
    if (!this.#config) throw new Error('nothing was applied yet: there is no configuration');
    return this.#config;
  }

  /** The same, also where there is none yet. */
  get knownConfig(): TenantConfig | undefined {
    return this.#config;
  }

  /** The version that rows written now carry. A snapshot is the number of one: it sees rows up to it. */
  get version(): number {
    return this.#version;
  }

  /** Up to which closing the rows have left for elsewhere. */
  get exported(): number {
    return this.#exported;
  }

  /** The number of the last row that closed. */
  get closing(): number {
    return this.#closing;
  }

  /** Inside a transaction. A former configuration changes nothing. */
  remember(config: TenantConfig): void {
    if (isFormer(config, this.#config)) return;
    const text = JSON.stringify(config);
    if (text === this.#configText) return;
    this.#sql.exec('UPDATE series_state SET config = ?', text);
    this.#configText = text;
    this.#config = config;
  }

  /** Inside a transaction: rows written from now on carry the next version. @returns the one that has ended */
  endVersion(): number {
    const ended = this.#version++;
    this.#sql.exec('UPDATE series_state SET version = ?', this.#version);
    return ended;
  }

  /** Inside a transaction: the number of the next row that closes. They never repeat, so an export can go on by it. */
  nextClosing(): number {
    this.skipClosings(1);
    return this.#closing;
  }

  /** Inside a transaction: as many numbers were given to rows at once. */
  skipClosings(count: number): void {
    this.#closing += count;
    this.#sql.exec('UPDATE series_state SET closing = ?', this.#closing);
  }

  /**
   * Inside a transaction.
   * @param closing rows up to it have left; 0: none yet
   */
  setExported(closing: number): void {
    this.#sql.exec('UPDATE series_state SET exported = ?', closing);
    this.#exported = closing;
  }

  /** The last sequence applied of a sender. */
  appliedOf(sender: string): number {
    const rows = this.#sql.exec<{ sequence: number }>(
      'SELECT sequence FROM applied WHERE sender = ?',
      sender,
    );
    return rows.toArray()[0]?.sequence ?? 0;
  }

  /** Of every sender. */
  applied(): Record<string, number> {
    const rows = this.#sql.exec<{ sender: string; sequence: number }>('SELECT sender, sequence FROM applied');
    return Object.fromEntries(rows.toArray().map(({ sender, sequence }) => [sender, sequence]));
  }

  /** Over how many objects the rows of a backup are spread that came here; undefined where none did. */
  restoredOver(backup: string): number | undefined {
    const rows = this.#sql.exec<{ objects: number }>('SELECT objects FROM restores WHERE backup = ?', backup);
    return rows.toArray()[0]?.objects;
  }

  /** Inside the transaction that stores the first rows of it. */
  setRestoredOver(backup: string, objects: number): void {
    this.#sql.exec('INSERT OR REPLACE INTO restores VALUES (?, ?)', backup, objects);
  }

  /** Inside a transaction: rows of backups are taken in anew when they come again. */
  forgetBackups(): void {
    this.#sql.exec(`DELETE FROM applied WHERE sender GLOB 'backup:*'; DELETE FROM restores`);
  }

  /** Inside the transaction that stores the rows of it. */
  setApplied(sender: string, sequence: number): void {
    this.#sql.exec('INSERT OR REPLACE INTO applied VALUES (?, ?)', sender, sequence);
  }

  /**
   * Inside a transaction. What senders handed over stays applied, or it would come again; what backups brought does
   * not, so that one can be restored after. Versions and numbers of closings go on, for they never repeat.
   */
  clear(): void {
    this.#sql.exec('UPDATE series_state SET config = NULL');
    this.forgetBackups();
    this.load();
  }
}
