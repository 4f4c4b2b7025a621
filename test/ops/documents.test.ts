import { describe, expect, it } from 'vitest';
import { faultsOfBoardTypes } from '../../ops/check/board-types.js';
import { isStepOfBuild } from '../../ops/check/build-steps.js';
import { faultsOfFaults } from '../../ops/check/critical-tests.js';
import { expressionsOf, findings } from '../../ops/check/documents.js';
import { faultsOfExpression } from '../../ops/check/expressions.js';
import { filesOf, read, readKnown } from '../../ops/check/known.js';
import {
  faultsOfChecklist,
  faultsOfRunbook,
  isOfAge,
  OLDEST_DAYS,
  SECTIONS,
} from '../../ops/check/runbooks.js';

const known = readKnown();
const DAY_MS = 86_400_000;

describe('what operators read', () => {
  it('names nothing that does not exist', () => {
    // The age of runbooks is for `npm run ops:check`: a test does not fail because time passes.
    expect(findings(known, Date.now()).filter(({ fault }) => !isOfAge(fault))).toEqual([]);
  });

  it('is held against metrics, routes, scripts and verbs as the sources define them', () => {
    expect(known.metrics).toContain('kll_edge_request_duration_seconds_count');
    expect(known.metrics).not.toContain('kll_edge_request_duration_seconds');
    expect(known.routes).toEqual(
      expect.arrayContaining([
        'GET /metrics',
        'POST /v1/ingest',
        'PATCH /v1/admin/config',
        'DELETE /v1/admin/keys/:key',
      ]),
    );
    expect([...known.verbs]).toEqual(expect.arrayContaining(['slo', 'check', 'verify', 'compare']));
    expect(known.scripts).toContain('ops:check');
  });
});

describe('the page', () => {
  it('reads metrics that there are', () => {
    // One that is not there would be shown as 0.
    const shown = filesOf('src/dashboard', '.ts').flatMap((file) => read(file).match(/\bkll_\w+/g) ?? []);
    expect(shown.length).toBeGreaterThan(5);
    expect(shown.filter((name) => !known.metrics.has(name))).toEqual([]);
  });
});

describe('critical alerts', () => {
  const rules = known.rules.map(({ rule }) => rule);

  it('are each provoked by a fault, to fire within five minutes', () => {
    const unheard = { alert: 'KllUnheard', expr: 'up', labels: { severity: 'critical' } };
    expect(faultsOfFaults(rules)).toEqual([]);
    expect(faultsOfFaults([...rules, unheard])).toEqual([
      'KllUnheard (critical): nothing proves that it fires within 5 minutes',
    ]);
    expect(faultsOfFaults(rules.filter(({ alert }) => alert !== 'KllEdgeTargetDown'))).toEqual([
      'KllEdgeTargetDown: there is no critical rule of that name',
    ]);
  });
});

describe('a line of the checklist', () => {
  it('need not be typed where a build runs it by itself: a script of .ci/run, a test of npm test', () => {
    const steps = [
      'npm run test:ops',
      'npm run ops:drill -- disaster-recovery',
      'npm run ops:check -- --full',
    ];
    const faults = 'npx vitest run --project release test/edge-process/faults.test.ts';
    const rules = 'npx vitest run --project release test/browser/rules.test.ts';
    expect([...steps, faults, rules].filter((step) => !isStepOfBuild(step))).toEqual([]);
    const others = [
      'npm run bench:edge -- --rate 2000 --gate',
      'npm run ops',
      'npx vitest run --project release test/edge-process/gone.test.ts',
      'npx vitest run --project release test/ops/live/alerts.test.ts',
      'npx vitest run --project release test/edge/http/auth.test.ts',
      'npx vitest run --project release test/browser/pages/dashboard.test.ts',
      'npx wrangler deploy --dry-run --env production',
      'curl -sf $URL/readyz',
    ];
    expect(others.filter(isStepOfBuild)).toEqual([]);
  });
});

describe('a runbook', () => {
  const path = 'ops/runbooks/KllSloBurn.md';
  const good = read(path);
  const verified = Date.parse(/^\d{4}-\d\d-\d\d/m.exec(good)![0]);
  const faults = (text: string, days = 0) => faultsOfRunbook(path, text, known, verified + days * DAY_MS);

  it('is sound as it stands', () => {
    expect(faults(good)).toEqual([]);
  });

  it.each(SECTIONS)('needs its section %s', (title) => {
    expect(faults(good.replace(`## ${title}`, `## Other`))).toContain(
      `sections: expected ${SECTIONS.join(', ')}`,
    );
  });

  it('is refused for a command that no shell parses', () => {
    expect(faults(`${good}\n\`\`\`sh\ncurl "$URL\n\`\`\`\n`).join()).toContain(
      'bash does not parse a command',
    );
  });

  it('is refused when nobody has tried it for half a year', () => {
    expect(faults(good, OLDEST_DAYS)).toEqual([]);
    expect(faults(good, OLDEST_DAYS + 1)).toEqual([
      `Last verified: ${OLDEST_DAYS + 1} days ago, at most ${OLDEST_DAYS}`,
    ]);
    expect(faults(good, OLDEST_DAYS + 1).filter((fault) => !isOfAge(fault))).toEqual([]);
  });

  it('is refused when it is to be tried yet', () => {
    expect(faults(good, -1)).toEqual([]);
    expect(faults(good, -2)).toEqual(['Last verified: in the future']);
    expect(isOfAge('Last verified: in the future')).toBe(false);
  });

  it.each([
    ['a link that leads nowhere', '[x](nowhere.md)', 'links to nowhere.md, which is not there'],
    [
      'a heading of another document',
      '[x](../../docs/edge.md#nowhere)',
      'links to #nowhere of docs/edge.md, which has no such heading',
    ],
    ['a heading of its own', '[x](#nowhere)', `links to #nowhere of ${path}, which has no such heading`],
    ['a script', '`npm run no-such`', 'npm has no script no-such'],
    ['a verb', '`kll frobnicate x`', 'kll has no verb frobnicate'],
    ['an option', '`kll backup --to nowhere --outwards`', 'kll has no option --outwards'],
    ['a route', '`curl $URL/v1/nothing`', 'the edge has no GET /v1/nothing'],
    ['a method', '`curl -X DELETE $URL/v1/admin/config`', 'the edge has no DELETE /v1/admin/config'],
    ['a metric', '`kll_edge_no_such_total`', 'nobody gives out kll_edge_no_such_total'],
  ])('is refused for %s that does not exist', (_, text, fault) => {
    expect(faults(`${good}\n${text}\n`)).toEqual([fault]);
  });
});

describe('the checklist', () => {
  const path = 'ops/production-checklist.md';
  const good = read(path);

  it('has one command for each line', () => {
    expect(faultsOfChecklist(path, good, known)).toEqual([]);
    const unproved = good.replace('## Security\n', '## Security\n\n- [ ] Nobody gets in.\n');
    expect(faultsOfChecklist(path, unproved, known)).toEqual([
      'Security: expected one command that proves "Nobody gets in."',
    ]);
  });

  it('needs all its areas', () => {
    expect(faultsOfChecklist(path, good.replace('## Monitoring', '## Watching'), known).join()).toContain(
      'sections: expected Infrastructure',
    );
  });
});

describe('an expression', () => {
  it.each([
    ['sum(rate(kll_edge_requests_total[5m])', 'does not parse'],
    ['sum(kll_edge_nothing_total)', 'nobody gives out kll_edge_nothing_total'],
    ['kll_edge_request_duration_seconds', 'nobody gives out kll_edge_request_duration_seconds'],
  ])('%s is refused', (expr, fault) => {
    expect(faultsOfExpression(expr, known).join()).toContain(fault);
  });
});

describe('boards', () => {
  it.each(filesOf('ops/dashboards', '.json'))('%s fits the types Grafana publishes', (file) => {
    const json = read(file);
    expect(faultsOfBoardTypes(json)).toEqual([]);
    expect(expressionsOf(JSON.parse(json)).length).toBeGreaterThan(5);
    expect(faultsOfBoardTypes(json.replace('"gridPos"', '"grid"'))).toHaveLength(1);
    expect(faultsOfBoardTypes(json.replace('"expr"', '"exprs"'))).toHaveLength(1);
  });
});
