/** `npm run ops:check`: nothing in ops/ names what does not exist. Exit code 1 with what is wrong. */
import { findings } from './documents.js';
import { readKnown } from './known.js';

const known = readKnown();
const found = findings(known, Date.now());
for (const { file, fault } of found) console.error(`${file}: ${fault}`);
const { rules, metrics, routes, verbs } = known;
console.log(
  `${rules.length} rules, against ${metrics.size} metrics, ${routes.length} routes, ${verbs.size} verbs: ${found.length} faults`,
);
process.exitCode = found.length > 0 ? 1 : 0;
