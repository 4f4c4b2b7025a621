/** kll-wasm/workers: the aggregation service, for a Worker of one's own. */
export { signToken } from './adapters/workers/auth.js';
export type { EdgeEnv } from './adapters/workers/env.js';
export {
  createWorker,
  DirectoryObject,
  type EdgeWorker,
  IngestObject,
  SeriesObject,
} from './adapters/workers/worker.js';
export type { Scope } from './wire/token-form.js';
