/** What handlers of a request find in their context. */
import type { Context } from 'hono';
import type { Identity } from './auth.js';
import type { EdgeEnv } from './env.js';

export interface EdgeHono {
  Bindings: EdgeEnv;
  Variables: {
    /** Who asks; set once the scope is known to be there. */
    identity: Identity;
    /** Template of the route; absent where none fits. A path is its sender's, and may be anything. */
    route?: string;
  };
}

export type EdgeContext = Context<EdgeHono>;
