/** Who runs the server. */
import type { EdgeEnv } from './env.js';

/** The tenant whose administrators may see figures of the whole server, and whose objects keep what the Worker counts. */
export function operatorTenant(env: EdgeEnv): string {
  return env.KLL_OPERATOR_TENANT || 'default';
}
