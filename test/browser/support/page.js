// What every page of the tests runs: the built collector, for the test to use.
import * as kll from '/lib/browser.js';

globalThis.kll = kll;
globalThis.told = [];
/** @param {object} options those of createCollector that matter to the test */
globalThis.start = (options = {}) => {
  globalThis.collector = kll.createCollector({
    endpoint: '/v1/ingest',
    key: 'ik_test',
    onError: (error) => globalThis.told.push(error.code),
    ...options,
  });
};
globalThis.loadVitals = () => import('/web-vitals.js');
globalThis.isReady = true;
