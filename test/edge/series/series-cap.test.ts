/** How many series each of several objects takes. */
import { expect, it } from 'vitest';
import { seriesKey, slotOf } from '../../../src/adapters/workers/series-key.js';
import { capOf } from '../../../src/adapters/workers/series-table.js';

it('is the cap itself where there is one object', () => {
  expect(capOf(10_000, 1).most).toBe(10_000);
  expect(capOf(1, 1).most).toBe(1);
});

it.each([
  [10, 4],
  [1_000, 4],
  [1_000, 64],
  [10_000, 4],
  [10_000, 64],
  [10_000, 256],
])('lets %i series in where they are spread over %i objects', (maxSeries, objects) => {
  const { most } = capOf(maxSeries, objects);
  let lumped = 0;
  for (let trial = 0; trial < 20; trial++) {
    const counts = new Uint32Array(objects);
    for (let i = 0; i < maxSeries; i++) {
      counts[slotOf(seriesKey('latency_ms', { route: `/${trial}/${i}` }), objects)]++;
    }
    for (const count of counts) lumped += Math.max(0, count - most);
  }
  expect(lumped / (20 * maxSeries)).toBeLessThan(0.001);
  expect(most * objects).toBeLessThan(maxSeries + 4 * Math.sqrt(maxSeries * objects) + objects);
});
