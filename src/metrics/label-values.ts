/** What may stand as a label value or in a line of a log: names of things, no addresses of people or pages. */

/** What stands for a value that may hold an address. */
export const WITHHELD = '__withheld__';

/** Longer values are no names. */
const LONGEST = 64;

/**
 * A name that a caller gave (of a shard, for instance), or `__withheld__` where it may be or hold a URL or an e-mail
 * address: where it has an @, a slash, or one of them in percent encoding, or is too long.
 */
export function toLabelValue(given: unknown): string {
  const name = String(given);
  return name.length > LONGEST || /[@/]|%(25)*(40|2f)|^www\./i.test(name) ? WITHHELD : name;
}

/**
 * Names of shards as they were given: nobody checks them where nobody watches, and watching must not make a merge fail.
 * @returns none where they are no array
 */
export function shardNames(shards: unknown): string[] {
  return Array.isArray(shards) ? Array.from(shards, toLabelValue) : [];
}
