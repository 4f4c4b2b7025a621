/** What the Worker and its objects find in their environment to call each other by. */
import type { DirectoryCalls, IngestCalls, SeriesCalls } from './contract.js';

/** The calls of a class of Durable Objects, as a stub offers them. */
type Callable<Calls> = Calls & Rpc.DurableObjectBranded;

export interface EdgeBindings {
  /** One object, named 'directory'. */
  DIRECTORY: DurableObjectNamespace<Callable<DirectoryCalls>>;
  /** Named by `objectName('ingest', tenant, slot)`. */
  INGEST: DurableObjectNamespace<Callable<IngestCalls>>;
  /** Named by `objectName('series', tenant, slot)`. */
  SERIES: DurableObjectNamespace<Callable<SeriesCalls>>;
}
