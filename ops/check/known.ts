/** What exists: metrics, routes, npm scripts, verbs of kll, each read from where it is defined. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { EDGE_METRICS } from '../../src/metrics/edge-names.js';
import { METRICS, type MetricDescriptor } from '../../src/metrics/names.js';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const read = (path: string) => readFileSync(ROOT + path, 'utf8');
/** Files of a folder by the end of their names, as paths from the root. */
export const filesOf = (folder: string, end: string) =>
  readdirSync(ROOT + folder)
    .filter((file) => file.endsWith(end))
    .sort()
    .map((file) => `${folder}/${file}`);

const CLI_FOLDERS = ['src/cli', 'src/cli/verbs', 'src/cli/edge', 'src/cli/input'];

export interface Rule {
  alert?: string;
  record?: string;
  expr: string;
  for?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface Known {
  /** Names of samples: a summary has two. */
  metrics: Set<string>;
  /** Series that the edge keeps of itself, as it keeps those of others. */
  ownSeries: Set<string>;
  /** What recording rules make. */
  recorded: Set<string>;
  rules: { file: string; rule: Rule }[];
  /** `METHOD /path`, parameters as `:name`. */
  routes: string[];
  scripts: Set<string>;
  verbs: Set<string>;
  /** Options of kll, as `--url`. */
  options: Set<string>;
}

export function readKnown(): Known {
  const descriptors = [...Object.values(METRICS), ...Object.values(EDGE_METRICS)] as MetricDescriptor[];
  const rules = filesOf('ops/alerts', '.rules.yaml').flatMap((file) =>
    (parse(read(file)).groups as { rules: Rule[] }[]).flatMap((group) =>
      group.rules.map((rule) => ({ file, rule })),
    ),
  );
  return {
    metrics: new Set(
      descriptors.flatMap(({ name, type }) =>
        type === 'summary' ? [`${name}_sum`, `${name}_count`] : [name],
      ),
    ),
    ownSeries: new Set(/OWN_SERIES = '(\w+)'/.exec(read('src/adapters/workers/own-latencies.ts'))?.slice(1)),
    recorded: new Set(rules.flatMap(({ rule }) => rule.record ?? [])),
    rules,
    routes: [
      ...routesOf(read('src/adapters/workers/app.ts'), ''),
      ...filesOf('src/adapters/workers', 'admin-routes.ts').flatMap((file) =>
        routesOf(read(file), '/v1/admin'),
      ),
    ],
    scripts: new Set(Object.keys(JSON.parse(read('package.json')).scripts)),
    verbs: new Set(
      filesOf('src/cli/verbs', '.ts').flatMap((file) =>
        [...read(file).matchAll(/\.command\('([a-z]+)/g)].map(([, verb]) => verb),
      ),
    ),
    options: new Set(['--help', '--version', ...CLI_FOLDERS.flatMap(optionsOf)]),
  };
}

function optionsOf(folder: string): string[] {
  return filesOf(folder, '.ts').flatMap((file) =>
    [...read(file).matchAll(/[oO]ption\(\s*'(?:-\w, )?(--[\w-]+)/g)].map(([, option]) => option),
  );
}

function routesOf(source: string, prefix: string): string[] {
  return [
    ...source.matchAll(
      /(?:\bapp|^\s*|new Hono<EdgeHono>\(\))\.(get|post|put|patch|delete)\(\s*'(\/[^']*)'/gm,
    ),
  ].map(([, method, path]) => `${method.toUpperCase()} ${prefix}${path}`);
}
