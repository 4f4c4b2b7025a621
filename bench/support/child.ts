/** One group in a process of its own: settings as JSON in the argument, results as JSON on standard output. */
import { GROUPS, OWN_GROUPS } from '../suites/index.js';
import { Bench, type Settings } from './case.js';
import { streamOf } from './distributions.js';
import { floorOf, sortOf } from './floor.js';
import { BRIEF, FULL, QUICK } from './measure.js';

interface Order extends Omit<Settings, 'effort'> {
  group: string;
}

const order = JSON.parse(process.argv[2]) as Order;
const group = [...GROUPS, ...OWN_GROUPS].find(({ name }) => name === order.group);
if (!group) throw new Error(`no group ${order.group}`);
const effort = order.isCompared ? BRIEF : order.quick ? QUICK : FULL;
const bench = new Bench(group.name, { ...order, effort });
if (!order.isCompared) {
  const values = streamOf('lognormal', 1e6, order.seed);
  bench.machine = { n: values.length, floor: floorOf(values, QUICK), sort: sortOf(values, QUICK) };
}
await group.run(bench);
process.stdout.write(JSON.stringify({ machine: bench.machine, results: bench.results }));
