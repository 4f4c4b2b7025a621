/** What tests find in `env` of cloudflare:workers: see wrangler.test.toml. */
import type { EdgeBindings } from '../../src/adapters/workers/bindings.js';

declare global {
  namespace Cloudflare {
    interface Env extends EdgeBindings {}
  }
}
