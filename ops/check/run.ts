/**
 * `npm run ops:check`: nothing in ops/ names what does not exist. With `--full` the diagnosis of every runbook and
 * the checklist are followed before a running edge, too. Exit code 1 with what is wrong.
 */
import { findings } from './documents.js';
import { followDiagnoses } from './full.js';
import { readKnown } from './known.js';
import { isOfAge } from './runbooks.js';

const args = process.argv.slice(2);
const unknown = args.find((arg) => arg !== '--full');
if (unknown !== undefined) {
  console.error(`unknown argument ${unknown}: there is only --full`);
  process.exit(2);
}
const known = readKnown();
const isFull = args.includes('--full');
const all = findings(known, Date.now());
// What is followed here and now is no worse for its date: a build that passed does not fail because half a year went by.
const found = isFull ? all.filter(({ fault }) => !isOfAge(fault)) : all;
for (const { file, fault } of all) console.error(`${file}: ${fault}`);
const { rules, metrics, routes, verbs } = known;
console.log(
  `${rules.length} rules, against ${metrics.size} metrics, ${routes.length} routes, ${verbs.size} verbs: ${found.length} faults`,
);
if (found.length > 0) process.exitCode = 1;
if (isFull) {
  const { commands, faults } = await followDiagnoses();
  for (const fault of faults) console.error(fault);
  console.log(`${commands} commands of diagnoses and of the checklist: ${faults.length} not as expected`);
  if (faults.length > 0) process.exitCode = 1;
}
