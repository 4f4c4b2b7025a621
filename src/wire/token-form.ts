/** What a token and its secret must be, for whoever signs or checks them: the edge, and the command. */
export const SCOPES = ['ingest', 'query', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Tenants are parts of the names of objects. */
export const TENANT_FORM = /^[a-z0-9][a-z0-9_-]{0,62}$/;
/** RFC 7518, section 3.2: a key of at least the size of the hash. */
export const LEAST_SECRET_BYTES = 32;
