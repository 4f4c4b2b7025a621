/** Addresses of pages and people, as they come in by mistake, and how they are found again. */
import { inspect } from 'node:util';

export const ADDRESSES = [
  'https://shop.example/orders/zq8231xy?from=alice%40mail.example#top',
  'http://user:secret@shop.example:8080/a',
  'alice@mail.example',
  'mailto:Alice.B+tag@mail.example',
  '//shop.example/cart',
  'www.shop.example',
  'Alice <alice@mail.example>',
];

const PARTS = /alice|shop\.example|mail\.example|zq8231|secret|https?:/i;

/** Everything about something that may be printed: as text, as a log prints objects, as JSON. */
export function printed(thing: unknown): string {
  return [String(thing), inspect(thing, { depth: 10 }), JSON.stringify(thing) ?? ''].join('\n');
}

/** The lines of a text that hold a part of an address. */
export function addressesIn(text: string): string[] {
  return text.split('\n').filter((line) => PARTS.test(line));
}
