/** What is promised of a service: the objectives of a YAML file, checked. */
import { parse } from 'yaml';
import { dataError } from '../exit.js';

/** Samples of one metric; each label is matched whole, by regular expression. */
export interface Selector {
  metric: string;
  labels: Record<string, string>;
}

interface Named {
  name: string;
  /** The promise in one sentence. */
  says: string;
}

/** A share of requests that must be good. */
export interface RatioObjective extends Named {
  kind: 'ratio';
  /** Share that must be good, between 0 and 1. */
  objective: number;
  total: Selector;
  good?: Selector;
  bad?: Selector;
}

/** A share of time in which a gauge must stay below a limit. */
export interface ThresholdObjective extends Named {
  kind: 'threshold';
  objective: number;
  metric: string;
  below: number;
}

/** A counter that must not grow. */
export interface ZeroObjective extends Named {
  kind: 'zero';
  metric: string;
  /** The alert that watches it. */
  alert: string;
}

export type Objective = RatioObjective | ThresholdObjective | ZeroObjective;

export interface Objectives {
  service: string;
  /** Days over which the error budget is counted. */
  windowDays: number;
  objectives: Objective[];
}

/**
 * Reads a file of objectives.
 * @param text YAML; ops/slo/edge.yaml explains its form
 * @param name of the file, for errors
 * @throws CliError with what does not fit, and where
 */
export function parseObjectives(text: string, name: string): Objectives {
  const fail = (what: string): never => {
    throw dataError(`${name}: ${what}`, 'ops/slo/edge.yaml shows the form.', 'ERR_OBJECTIVES');
  };
  let root: unknown;
  try {
    root = parse(text);
  } catch (error) {
    fail((error as Error).message.split('\n')[0]);
  }
  const file = record(root) ?? fail('expected a mapping');
  const days = /^(\d+)d$/.exec(String(file.window));
  if (!days || Number(days[1]) < 1) fail('window: expected days, as in 30d');
  if (typeof file.service !== 'string') fail('service: expected a name');
  if (!Array.isArray(file.objectives) || file.objectives.length === 0) fail('objectives: expected a list');
  const objectives = (file.objectives as unknown[]).map((one, i) => {
    const fault = faultOf(one);
    if (fault) fail(`objectives[${i}].${fault}`);
    return one as Objective;
  });
  if (new Set(objectives.map((one) => one.name)).size < objectives.length)
    fail('two objectives have one name');
  return { service: file.service as string, windowDays: Number(days![1]), objectives };
}

function faultOf(given: unknown): string | undefined {
  const one = record(given);
  if (!one) return 'expected a mapping';
  for (const key of ['name', 'says']) if (typeof one[key] !== 'string') return `${key}: expected text`;
  if (one.kind === 'zero') {
    return ['metric', 'alert'].find((key) => typeof one[key] !== 'string')?.concat(': expected a name');
  }
  if (one.kind !== 'ratio' && one.kind !== 'threshold') return 'kind: expected ratio, threshold or zero';
  if (!(typeof one.objective === 'number' && one.objective > 0 && one.objective < 1)) {
    return 'objective: expected a share between 0 and 1';
  }
  if (one.kind === 'threshold') {
    if (typeof one.metric !== 'string') return 'metric: expected a name';
    return typeof one.below === 'number' ? undefined : 'below: expected a number';
  }
  if ((one.good === undefined) === (one.bad === undefined)) return 'expected either good or bad';
  return ['total', 'good', 'bad']
    .find((key) => (key === 'total' || one[key] !== undefined) && !isSelector(one[key]))
    ?.concat(': expected a metric and labels');
}

function isSelector(value: unknown): boolean {
  const one = record(value);
  const labels = record(one?.labels);
  return (
    typeof one?.metric === 'string' &&
    labels !== undefined &&
    Object.values(labels).every((pattern) => typeof pattern === 'string' && isPattern(pattern))
  );
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
