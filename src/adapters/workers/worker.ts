/** The deployable Worker: HTTP in, objects behind it. */
import { createApp } from './app.js';
import { runDuties } from './duties.js';
import type { EdgeEnv } from './env.js';
import { operatorTenant } from './operator.js';
import { workerCounters } from './worker-counters.js';

export { DirectoryObject } from './directory-object.js';
export { IngestObject } from './ingest-object.js';
export { SeriesObject } from './series-object.js';

/** What a Worker module exports by default. */
export interface EdgeWorker {
  fetch(request: Request, env: EdgeEnv, context: ExecutionContext): Promise<Response>;
  scheduled(controller: ScheduledController, env: EdgeEnv, context: ExecutionContext): Promise<void>;
}

export function createWorker(): EdgeWorker {
  const app = createApp();
  return {
    fetch: async (request, env, context) => await app.fetch(request, env, context),
    async scheduled(_, env) {
      await runDuties(env);
      await workerCounters.send(env, operatorTenant(env));
    },
  };
}

export default createWorker();
