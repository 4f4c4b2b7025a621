// What the page of test/compat/beacons.ts runs: the collector of a build, told four stories.
import { createCollector } from '/lib/browser.js';

const value = (i) => ((i * 7919) % 10_007) / 10 + (i % 97);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const STORIES = {
  values(record) {
    for (let i = 0; i < 20; i++) record('lcp', value(i), { device: 'phone' });
  },
  // More than is sent as values, fewer than the kernel is asked for.
  'condensed-in-the-page'(record) {
    for (let i = 0; i < 700; i++) record('inp', value(i));
  },
  async 'condensed-by-the-kernel'(record) {
    for (let i = 0; i < 1000; i++) record('duration', value(i));
    // It comes by a request of its own, and has to be compiled.
    while (!performance.getEntriesByName(`${location.origin}/lib/browser-kernel.js`).length) await pause(10);
    await pause(200);
    for (let i = 1000; i < 6000; i++) record('duration', value(i));
  },
  'many-series-with-a-key'(record) {
    for (let i = 0; i < 200; i++) {
      record('cls', value(i) / 1e4, { device: i % 2 ? 'phone' : 'desk' });
      record(`step_${i % 5}`, value(i));
    }
  },
};

globalThis.tell = async (name) => {
  const withKey = name.endsWith('key') ? { key: 'ik_0123456789', tails: 'both' } : {};
  const collector = createCollector({ endpoint: '/v1/ingest', k: 32, flush: { store: false }, ...withKey });
  await STORIES[name]((...args) => collector.record(...args));
  await collector.flush();
  collector.stop();
};
globalThis.stories = Object.keys(STORIES);
