/** Everything of ops/ that can go stale, and what is wrong with it. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { parse } from 'yaml';
import { parseObjectives } from '../../src/cli/slo/objectives.js';
import { criticalTests, faultsOfFaults } from './critical-tests.js';
import { faultsOfExpression } from './expressions.js';
import { filesOf, type Known, ROOT, read } from './known.js';
import { faultsOfChecklist, faultsOfRunbook, faultsOfText } from './runbooks.js';
import { sloRules } from './slo-rules.js';

export interface Finding {
  file: string;
  fault: string;
}

export interface Board {
  panels: { title?: string; targets?: { expr: string }[] }[];
  annotations: { list?: { name: string; expr?: string }[] };
}

/** Documents beside the runbooks: other sections, the same truth. */
const OTHERS = /^(README|template-.*)\.md$/;

/** @param now epoch milliseconds, for the age of runbooks */
export function findings(known: Known, now: number): Finding[] {
  const found: Finding[] = [];
  const note = (file: string, faults: readonly string[]) =>
    found.push(...faults.map((fault) => ({ file, fault })));
  for (const { file, rule } of known.rules) note(file, faultsOfRule(rule, known));
  note('ops/alerts/tests', untested(known));
  for (const file of filesOf('ops/runbooks', '.md')) {
    const check = OTHERS.test(basename(file)) ? faultsOfText : faultsOfRunbook;
    note(file, check(file, read(file), known, now));
  }
  for (const file of [
    'README.md',
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    ...filesOf('docs', '.md'),
    'examples/observability/README.md',
    'ops/self-host/README.md',
  ]) {
    // Other systems' functions have names like our metrics.
    const isForeign = (fault: string) => file === 'docs/interop.md' && fault.startsWith('nobody gives out');
    note(
      file,
      faultsOfText(file, read(file), known).filter((fault) => !isForeign(fault)),
    );
  }
  const checklist = 'ops/production-checklist.md';
  note(checklist, faultsOfChecklist(checklist, read(checklist), known));
  for (const file of filesOf('ops/dashboards', '.json')) {
    for (const expr of expressionsOf(JSON.parse(read(file)))) {
      note(
        file,
        faultsOfExpression(expr, known).map((fault) => `${expr}: ${fault}`),
      );
    }
  }
  const objectives = parseObjectives(read('ops/slo/edge.yaml'), 'ops/slo/edge.yaml');
  for (const one of objectives.objectives) {
    const names =
      one.kind === 'ratio' ? [one.total, one.good, one.bad].flatMap((s) => s?.metric ?? []) : [one.metric];
    const unknown = names.filter((name) => !known.metrics.has(name));
    note(
      'ops/slo/edge.yaml',
      unknown.map((name) => `nobody gives out ${name}`),
    );
    const isWatched = one.kind !== 'zero' || known.rules.some(({ rule }) => rule.alert === one.alert);
    if (!isWatched) note('ops/slo/edge.yaml', [`${one.name}: its alert does not exist`]);
  }
  if (sloRules(objectives) !== read('ops/alerts/slo.rules.yaml')) {
    note('ops/alerts/slo.rules.yaml', ['is not what ops/slo/edge.yaml gives: npm run ops:generate']);
  }
  note('ops/check/critical-tests.ts', faultsOfFaults(known.rules.map(({ rule }) => rule)));
  const ruleFiles = filesOf('ops/alerts', '.rules.yaml').map((file) => basename(file));
  if (criticalTests(ruleFiles) !== read('ops/alerts/tests/critical.test.yaml')) {
    note('ops/alerts/tests/critical.test.yaml', ['is not what was generated: npm run ops:generate']);
  }
  return found;
}

/** Every expression of a board, annotations too. */
export function expressionsOf({ panels, annotations }: Board): string[] {
  return [
    ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    ...(annotations.list ?? []).flatMap(({ expr }) => expr ?? []),
  ];
}

function faultsOfRule(
  { alert, expr, labels, annotations }: Known['rules'][number]['rule'],
  known: Known,
): string[] {
  const faults = faultsOfExpression(expr, known);
  if (alert === undefined) return faults;
  if (!/^(warning|critical)$/.test(labels?.severity ?? '')) faults.push(`${alert}: no severity`);
  if (!annotations?.summary?.includes('$value')) faults.push(`${alert}: its summary lacks the value`);
  if (annotations?.runbook !== `ops/runbooks/${alert}.md`)
    faults.push(`${alert}: its runbook is not its own`);
  if (!existsSync(`${ROOT}ops/runbooks/${alert}.md`)) faults.push(`${alert}: there is no runbook`);
  return faults;
}

interface AlertTest {
  alert_rule_test?: { alertname: string; exp_alerts: { exp_labels: Record<string, string> }[] }[];
}

/** Alerts that no test fires, or that none keeps silent. */
function untested({ rules }: Known): string[] {
  const tests = filesOf('ops/alerts/tests', '.yaml').flatMap(
    (file) => parse(read(file)).tests as AlertTest[],
  );
  const cases = tests.flatMap((test) => test.alert_rule_test ?? []);
  const alerts = rules.flatMap(({ rule }) => (rule.alert ? [rule] : []));
  return alerts.flatMap(({ alert, labels = {} }) => {
    const own = cases.filter(({ alertname }) => alertname === alert);
    const fires = ({ exp_alerts }: (typeof own)[number]) =>
      exp_alerts.some(({ exp_labels }) =>
        Object.entries(labels).every(([key, value]) => exp_labels[key] === value),
      );
    return [
      ...(own.some(fires) ? [] : [`${alert} (${labels.severity}) is fired by no test`]),
      ...(own.some((one) => !fires(one)) ? [] : [`${alert} (${labels.severity}) is kept silent by no test`]),
    ];
  });
}
