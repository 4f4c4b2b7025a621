import { expect, it } from 'vitest';
import { broken } from '../../bench/edge/promises.js';

const kept = { what: 'small requests', asked: 100, ok: 100, p95: 60, promised: { p95Ms: 100 } };

it('the gate of the load passes where all was taken in time, and more than was promised may be refused', () => {
  expect(broken([kept, { what: 'three times as many', asked: 300, ok: 170, p95: 900 }])).toEqual([]);
});

it('the gate of the load names what was refused, what came late, and what was never answered', () => {
  expect(broken([{ ...kept, ok: 99 }])).toEqual(['small requests: 1 of 100 were not taken']);
  expect(broken([{ ...kept, p95: 100 }])).toEqual(['small requests: p95 100.0 ms, promised 100 ms']);
  expect(broken([{ ...kept, ok: 0, p95: Number.NaN }])).toHaveLength(2);
});
