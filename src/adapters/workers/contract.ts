/**
 * What the Worker and its Durable Objects say to each other: the calls of each object, and what travels in them.
 *
 *    request -> Worker -> ingest object (one of N a tenant, by batch id) -> series object (one of M, by series)
 *                  \-> directory object (keys, tenants, rings)      query: ingest objects first, then series objects
 *
 * Names: a series is a metric name with labels; its key is canonical text (`seriesKey`). An object is found by the name
 * that `objectName` gives, so that whoever is asked, asks the same one.
 */
export * from './directory-calls.js';
export * from './ingest-calls.js';
export * from './series-calls.js';
export * from './tenant-config.js';
