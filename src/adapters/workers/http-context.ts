/** What handlers of a request find in their context. */
import type { Context } from 'hono';
import type { Identity } from './auth.js';
import type { EdgeEnv } from './env.js';

export interface EdgeHono {
  Bindings: EdgeEnv;
  Variables: {
    /** Who asks; set by `authenticate`. */
    identity: Identity;
  };
}

export type EdgeContext = Context<EdgeHono>;
