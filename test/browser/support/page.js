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
/** Until the collector that was started last has looked back: it does so in idle time, late on a busy machine. */
globalThis.lookedBack = async (endpoint = `${location.origin}/v1/ingest`) => {
  // Behind the idle work of the collector, then behind its lock.
  await new Promise((resolve) => requestIdleCallback(resolve));
  await navigator.locks.request(`kll:${endpoint}:`, () => {});
};
/** Until the kernel is there: a module that is imported again is the same, and who asked first is told first. */
globalThis.importKernel = async () => {
  await import('/lib/browser-kernel.js');
};
/** Counts in storage the beacons that the browser accepts: one of a page that ends may still not arrive. */
globalThis.countBeacons = () => {
  const send = navigator.sendBeacon.bind(navigator);
  navigator.sendBeacon = (url, body) => {
    const isAccepted = send(url, body);
    if (isAccepted) localStorage.accepted = acceptedBeacons() + 1;
    return isAccepted;
  };
};
globalThis.acceptedBeacons = () => Number(localStorage.accepted ?? 0);
globalThis.loadVitals = () => import('/web-vitals.js');
globalThis.isReady = true;
