/**
 * Counters of an object, kept with the data they count: they are added to in the transaction that stores the data,
 * so that a restart, an eviction or a retry neither loses nor repeats a count. They outlive the data: what has happened
 * is not undone by a reset, and sums over all objects never fall.
 */
import type { CounterDelta } from './contract.js';

type LabelPairs = CounterDelta['labels'];

interface Row {
  [column: string]: SqlStorageValue;
  name: string;
  labels: string;
  value: number;
}

export class CounterTable {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS counters (name TEXT NOT NULL, labels TEXT NOT NULL, value REAL NOT NULL,
         PRIMARY KEY (name, labels)) WITHOUT ROWID`,
    );
  }

  /** Adds to a counter. Inside the transaction of what it counts. @param labels pairs in order of their keys */
  add(name: string, labels: LabelPairs, value: number): void {
    this.#sql.exec(
      'INSERT INTO counters VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value',
      name,
      JSON.stringify(labels),
      value,
    );
  }

  addAll(deltas: readonly CounterDelta[] = []): void {
    for (const { name, labels, value } of deltas) this.add(name, labels, value);
  }

  /** All counters, in order of name and labels. */
  read(): CounterDelta[] {
    return this.#sql
      .exec<Row>('SELECT name, labels, value FROM counters')
      .toArray()
      .map(({ name, labels, value }) => ({ name, labels: JSON.parse(labels) as LabelPairs, value }));
  }
}
