/**
 * `npm run edge`: the edge on this machine, on workerd. Environment: PORT (default any free one), HOST (default
 * 127.0.0.1), KLL_EDGE_DIR (folder of its data, default .kll-edge), and the variables of docs/edge.md. Prints one line `url http://...` and one line
 * `token ...` (an admin token, the same for the same folder), keeps its data across restarts, ends when it is ended.
 */
import { resolve } from 'node:path';
import { serveEdge } from './serve-edge.js';

const port = Number(process.env.PORT || 0);
if (!Number.isInteger(port) || port < 0 || port > 65535) {
  fail(`PORT: expected 0 to 65535, found ${process.env.PORT}`);
}
const edge = await serveEdge({
  folder: resolve(process.env.KLL_EDGE_DIR || '.kll-edge'),
  host: process.env.HOST || '127.0.0.1',
  port,
}).catch((error: Error) => fail(error.message));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => edge.process.kill(signal));
console.log(`url ${edge.url}`);
console.log(`token ${edge.token}`);
process.exitCode = (await edge.ended) ?? 0;

function fail(message: string): never {
  console.error(`edge: ${message}`);
  process.exit(2);
}
