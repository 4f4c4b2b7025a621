/** The deployable Worker: HTTP in, objects behind it. */
import { createApp } from './app.js';
import type { EdgeEnv } from './env.js';
import { operatorTenant } from './metrics-route.js';
import { workerCounters } from './worker-counters.js';

export { DirectoryObject } from './directory-object.js';
export { IngestObject } from './ingest-object.js';
export { SeriesObject } from './series-object.js';

const app = createApp();

export default {
  fetch: (request, env, context) => app.fetch(request, env, context),
  async scheduled(_, env) {
    await workerCounters.send(env, operatorTenant(env));
  },
} satisfies ExportedHandler<EdgeEnv>;
