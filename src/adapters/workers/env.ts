/** The Worker's environment: its objects, its secret, what an operator may bind or set. docs/edge.md has the table. */
import type { EdgeBindings } from './bindings.js';

export interface EdgeEnv extends EdgeBindings {
  /** Secret that tokens are signed with (HS256), at least 32 bytes. */
  KLL_TOKEN_SECRET: string;
  /** Limits requests per ingest key and per token; absent: not limited here. */
  RATE_LIMIT?: RateLimit;
  /** Tenant whose administrators see `/metrics` of the whole server; default 'default'. */
  KLL_OPERATOR_TENANT?: string;
  /** Where backups of all tenants go on the cron trigger; absent: nowhere. */
  BACKUP?: R2Bucket;
  /** Where tenants whose `exportTo` is 'bucket' are exported to; default the bucket of backups. */
  EXPORT?: R2Bucket;
  /** Origins that may call with a token from a page, separated by commas or spaces; default none. */
  KLL_CORS_ORIGINS?: string;
  /** Labels the server adds to every series from the request: 'country', 'device', separated by commas or spaces; default none. */
  KLL_SERVER_LABELS?: string;
  /** Largest body that is read, as sent, bytes; default 1 MiB. */
  KLL_MAX_BODY_BYTES?: string;
  /** Largest body after inflating, bytes; default 4 MiB. */
  KLL_MAX_INFLATED_BYTES?: string;
  /** Most values behind one series of a batch sent with a token; default 2^40. */
  KLL_MAX_N?: string;
  /** Most buckets an object may touch for a query; default 50 000. */
  KLL_MAX_BUCKETS?: string;
  /** Most series an object may touch for a query; default 10 000. */
  KLL_MAX_QUERY_SERIES?: string;
  /** Most groups of an answer (`by`); default 1000. */
  KLL_MAX_QUERY_GROUPS?: string;
  /** Version of the deployment, for `kll_edge_build_info`. */
  KLL_VERSION?: string;
  /** Its commit, for the same. */
  KLL_COMMIT?: string;
  /** '1': how long requests take is kept as a series of the operator's tenant, by our own sketches. */
  KLL_TELEMETRY?: string;
  /** Batches that an isolate stores at once; above it answers 429; default 200. */
  KLL_MAX_IN_FLIGHT?: string;
  /** Queries that take longer are logged with their explain, milliseconds; default 1000. */
  KLL_SLOW_QUERY_MS?: string;
  /** Share of successes that are logged, 0 to 1; failures are, all of them; default 0. */
  KLL_LOG_SHARE?: string;
  /** How long an isolate trusts what the directory said, milliseconds; default 5000. */
  KLL_DIRECTORY_TTL_MS?: string;
}
