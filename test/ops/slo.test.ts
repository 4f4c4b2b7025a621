import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { read } from '../../ops/check/known.js';
import { sloRules } from '../../ops/check/slo-rules.js';
import { propose } from '../../src/cli/slo/baseline.js';
import { evaluate, increase } from '../../src/cli/slo/evaluate.js';
import { parseExposition } from '../../src/cli/slo/exposition.js';
import { type Objective, parseObjectives } from '../../src/cli/slo/objectives.js';
import { workFolder } from '../cli/run-kll.js';

const scrape = (text: string) => parseExposition(text, 'scrape');
const requests = (ok: number, failed: number) =>
  `kll_edge_requests_total{route="/v1/ingest",status="202"} ${ok}\nkll_edge_requests_total{route="/v1/ingest",status="503"} ${failed}\n`;
const availability: Objective = {
  name: 'availability',
  says: 'Requests are answered.',
  kind: 'ratio',
  objective: 0.99,
  bad: { metric: 'kll_edge_requests_total', labels: { status: '5..' } },
  total: { metric: 'kll_edge_requests_total', labels: {} },
};
const latency: Objective = {
  name: 'latency',
  says: 'Requests are fast.',
  kind: 'ratio',
  objective: 0.95,
  good: { metric: 'kll_edge_requests_within_total', labels: { seconds: '0.1' } },
  total: { metric: 'kll_edge_requests_total', labels: {} },
};
const freshness: Objective = {
  name: 'freshness',
  says: 'Nothing waits.',
  kind: 'threshold',
  objective: 0.5,
  metric: 'kll_edge_oldest_pending_seconds',
  below: 60,
};
const integrity: Objective = {
  name: 'integrity',
  says: 'Nothing breaks.',
  kind: 'zero',
  metric: 'kll_edge_unreadable_total',
  alert: 'KllEdgeCorruptRow',
};

describe('an objective of requests', () => {
  it.each([
    [995, 5, 'pass', 0.5, 0.5],
    [980, 20, 'breach', -1, 2],
    [1000, 0, 'pass', 1, 0],
  ] as const)('with %d good and %d bad: %s', (ok, failed, verdict, budgetLeft, burnRate) => {
    const result = evaluate(availability, [scrape(requests(ok, failed))]);
    expect(result.verdict).toBe(verdict);
    expect(result.budgetLeft).toBeCloseTo(budgetLeft, 9);
    expect(result.burnRate).toBeCloseTo(burnRate, 9);
  });

  it.each([
    [0.9999, 9999, 1],
    [0.9, 90, 10],
    [0.8, 80, 20],
  ])('of %d is kept exactly with %d good and %d bad', (objective, ok, failed) => {
    const result = evaluate({ ...availability, objective }, [scrape(requests(ok, failed))]);
    expect(result).toMatchObject({ verdict: 'pass', burnRate: 1, budgetLeft: 0 });
    const worse = evaluate({ ...availability, objective }, [scrape(requests(ok * 1e6, failed * 1e6 + 1))]);
    expect(worse.verdict).toBe('breach');
  });

  it('is measured on what came between the scrapes', () => {
    const [before, after] = [scrape(requests(1000, 500)), scrape(requests(2000, 501))];
    expect(evaluate(availability, [before, after])).toMatchObject({ verdict: 'pass', of: 1001 });
    expect(evaluate(availability, [after])).toMatchObject({ verdict: 'breach', of: 2501 });
  });

  it('of latency is not saved by fast refusals: none of what was accepted was fast', () => {
    const { objectives } = parseObjectives(read('ops/slo/edge.yaml'), 'ops/slo/edge.yaml');
    const ingest = objectives.find(({ name }) => name === 'ingest-latency')!;
    const count = (status: string, n: number) =>
      `kll_edge_requests_total{route="/v1/ingest",status="${status}"} ${n}\n`;
    const within = (status: string, n: number) =>
      `kll_edge_requests_within_total{route="/v1/ingest",seconds="0.1",status="${status}"} ${n}\n`;
    const refused = count('429', 5000) + within('4xx', 5000);
    const slow = scrape(refused + count('202', 100));
    expect(evaluate(ingest, [slow])).toMatchObject({ verdict: 'breach', measured: 0, of: 100 });
    const fast = scrape(refused + count('202', 100) + within('2xx', 96));
    expect(evaluate(ingest, [fast])).toMatchObject({ verdict: 'pass', measured: 0.96, of: 100 });
  });

  it('has no verdict without requests, nor without the counter of good ones', () => {
    expect(evaluate(availability, [scrape('')]).verdict).toBe('no data');
    expect(evaluate(latency, [scrape(requests(10, 0))]).verdict).toBe('no data');
  });
});

describe('growth of counters', () => {
  const selector = { metric: 'kll_edge_requests_total', labels: {} };

  it('of a series that began anew counts from its beginning', () => {
    expect(increase([requests(100, 0), requests(30, 0), requests(50, 0)].map(scrape), selector)).toBe(50);
  });

  it('counts a series that appears between scrapes', () => {
    const [first] = requests(10, 7).split('\n');
    expect(increase([scrape(first), scrape(requests(12, 7))], selector)).toBe(9);
  });
});

describe('other objectives', () => {
  const waiting = (seconds: number) => scrape(`kll_edge_oldest_pending_seconds ${seconds}`);

  it('a threshold is kept in a share of scrapes', () => {
    expect(evaluate(freshness, [waiting(10), waiting(90)])).toMatchObject({ verdict: 'pass', measured: 0.5 });
    expect(evaluate(freshness, [waiting(60), waiting(90)])).toMatchObject({ verdict: 'breach', measured: 0 });
  });

  it('what may never happen is broken by once', () => {
    const rows = (n: number) => scrape(`kll_edge_unreadable_total{tier="series"} ${n}`);
    expect(evaluate(integrity, [rows(3), rows(3)])).toMatchObject({ verdict: 'pass', budgetLeft: 1 });
    expect(evaluate(integrity, [rows(3), rows(4)])).toMatchObject({ verdict: 'breach', budgetLeft: 0 });
    expect(evaluate(integrity, [scrape('up 1')]).verdict).toBe('no data');
  });
});

describe('a proposal', () => {
  it('leaves room above what was recorded', () => {
    expect(propose(availability, [scrape(requests(9900, 100))]).proposed).toBe('0.98');
    expect(propose(freshness, [scrape('kll_edge_oldest_pending_seconds 12')]).proposed).toBe('below 24');
  });

  it('takes the smallest limit that enough requests kept', () => {
    const within = (seconds: string, n: number) =>
      `kll_edge_requests_within_total{seconds="${seconds}"} ${n}\n`;
    const recorded = requests(100, 0) + within('0.1', 97) + within('0.05', 96) + within('0.025', 90);
    expect(propose(latency, [scrape(recorded)]).proposed).toBe('0.95 within 0.05 s');
  });
});

describe('the text of a scrape', () => {
  it('is read with escapes, timestamps and special values', () => {
    expect(scrape('# HELP a b\na{x="q\\"\\\\\\n",y="1"} +Inf 123\nb NaN\n')).toEqual([
      { name: 'a', labels: { x: 'q"\\\n', y: '1' }, value: Infinity },
      { name: 'b', labels: {}, value: Number.NaN },
    ]);
  });

  it.each(['<html>', 'a{x=1} 2', 'a{x="1"', 'a b'])('is refused where a line is no sample: %s', (line) => {
    expect(() => scrape(`ok 1\n${line}`)).toThrow(/^scrape:2: expected a sample/);
  });
});

describe('a file of objectives', () => {
  const file = (one: string) => `service: s\nwindow: 30d\nobjectives:\n  - { name: a, says: b, ${one} }\n`;

  it.each([
    ['kind: other', 'kind: expected ratio, threshold or zero'],
    ['kind: threshold, objective: 1.5, metric: m, below: 1', 'objective: expected a share between 0 and 1'],
    ['kind: threshold, objective: 0.5, metric: m', 'below: expected a number'],
    ['kind: ratio, objective: 0.5, total: { metric: m, labels: {} }', 'expected either good or bad'],
    ['kind: zero, metric: m', 'alert: expected a name'],
    [
      'kind: ratio, objective: 0.5, total: { metric: m, labels: { a: "(" } }, bad: { metric: m, labels: {} }',
      'total: expected a metric and labels',
    ],
  ])('is refused with %s', (one, fault) => {
    expect(() => parseObjectives(file(one), 'f')).toThrow(`f: objectives[0].${fault}`);
  });

  it('gives rules for every objective that has a budget', () => {
    const rules = sloRules({ service: 's', windowDays: 30, objectives: [availability, integrity] });
    expect(rules).toContain('sum(rate(kll_edge_requests_total{status=~"5.."}[5m]))');
    expect(rules).toContain('> 14.4 * 0.01 and');
    expect(rules).not.toContain('integrity');
  });
});

describe('kll slo check', async () => {
  const folder = await workFolder();
  const check = (...args: string[]) => folder.kll(['slo', 'check', ...args]);
  /** Requests to come that are answered 503. */
  let busy = 0;
  const server = createServer(({ url, headers }, response) => {
    if (busy > 0) {
      busy--;
      response.writeHead(503).end();
      return;
    }
    const isKnown = url === '/metrics' && headers.authorization === 'Bearer secret';
    response.writeHead(isKnown ? 200 : 401).end(isKnown ? requests(1999, 1) : 'no');
  });
  let url = '';
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await folder.write('before.prom', requests(1000, 0));
    await folder.write('bad.prom', requests(1000, 50));
  });
  afterAll(() => server.close());

  it('reads a live edge after a stored scrape, and ends with 0 when all is kept', async () => {
    const { code, json } = await check(
      'before.prom',
      '--url',
      url,
      '--token',
      'secret',
      '--allow-missing',
      '--json',
    );
    expect(json).toMatchObject({
      schema: 'kll.slo/1',
      ok: true,
      objectives: [{ name: 'availability', of: 1000 }, {}, {}, {}, {}],
    });
    expect(code).toBe(0);
  });

  it('ends with 1 on a breach, and shows it', async () => {
    const { code, stdout } = await check('before.prom', 'bad.prom', '--allow-missing');
    expect(stdout).toMatch(/availability .*BREACH/);
    expect(code).toBe(1);
  });

  it('holds the objectives of the edge itself, and takes others', async () => {
    await folder.write(
      'own.yaml',
      'service: shop\nwindow: 7d\nobjectives: [{ name: none, says: s, kind: zero, metric: m, alert: A }]',
    );
    const { json } = await check('before.prom', '--objectives', 'own.yaml', '--json');
    expect(json).toMatchObject({ service: 'shop', windowDays: 7, objectives: [{ name: 'none' }] });
    const { stdout } = await folder.kll(['slo', 'baseline', 'before.prom']);
    expect(stdout).toMatch(/^availability +0\.999 /m);
    const missing = await check('before.prom', '--objectives', 'ops/slo/edge.yaml');
    expect([missing.code, missing.stderr]).toEqual([4, expect.stringContaining('ops/slo/edge.yaml')]);
  });

  it('ends with 1 where an objective was not measured', async () => {
    expect((await check('before.prom')).code).toBe(1);
  });

  it('ends as every verb does where the edge refuses or nobody answers, with 2 where nothing is named', async () => {
    const refused = await check('--url', url, '--token', 'wrong');
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('the edge answers 401')]);
    const absent = await check('--url', 'http://127.0.0.1:1');
    expect([absent.code, absent.stderr]).toEqual([4, expect.stringMatching(/^kll: ERR_UNREACHABLE: /)]);
    expect((await check()).code).toBe(2);
  });

  it('asks again where the edge is busy', async () => {
    busy = 1;
    const { code } = await check('--url', url, '--token', 'secret', '--allow-missing');
    expect([code, busy]).toEqual([0, 0]);
  });
});
