/** The page: asks the edge what the form says, shows the answers, and asks again. */
import 'uplot/dist/uPlot.min.css';
import './page.css';
import { type Answer, Edge, type Question } from './api.js';
import { differences } from './comparison.js';
import { Distribution } from './distribution.js';
import { byId, card, table } from './elements.js';
import { count, figure, percent, percentileName } from './format.js';
import { showHeadline } from './headline.js';
import { OverTime } from './over-time.js';
import { type Asked, QuestionForm } from './question.js';
import { measureSelf } from './self-measurement.js';
import { applyTheme } from './theme.js';

const REFRESH_MS = 5000;
const HEADLINE_RANKS = [0.5, 0.75, 0.95, 0.99, 0.999];
const COMPARED_RANKS = [0.5, 0.75, 0.9, 0.95, 0.99];

const { url, token, key } = (await (await fetch('config.json')).json()) as {
  url: string;
  token: string;
  key?: string;
};
if (key) measureSelf(url, key);
const edge = new Edge(url, token);
const overTime = new OverTime();
const distribution = new Distribution();
const question = new QuestionForm(() => void refresh());
const comparison = byId<HTMLFormElement>('comparison');
comparison.addEventListener('submit', (event) => event.preventDefault());
comparison.addEventListener('change', () => void refresh());
applyTheme(() => {
  for (const chart of [overTime.chart, distribution.cdf, distribution.pmf]) chart.redraw();
});

let turn = 0;
void refresh();
setInterval(() => {
  if (document.visibilityState === 'visible') void refresh();
}, REFRESH_MS);

/** Asks for everything; an answer that comes after a newer question is dropped. */
async function refresh(): Promise<void> {
  const mine = ++turn;
  try {
    question.offer(await edge.series());
    const asked = question.asked(Date.now());
    if (mine !== turn) return;
    if (!asked) {
      say('Nothing has arrived yet');
      return;
    }
    const thresholds = [asked.good, asked.poor];
    const [answer, ends] = await Promise.all([
      edge.quantiles(asked, HEADLINE_RANKS, thresholds),
      edge.quantiles(asked, [0.01, 0.999]),
    ]);
    if (mine !== turn) return;
    showHeadline(answer, asked);
    await Promise.all([
      overTime.ask(edge, asked),
      distribution.ask(edge, asked, ends),
      showGroups(asked),
      showDifferences(asked),
      showInside(),
    ]);
    say(`Live: ${count(answer.n)} values of ${asked.name}`);
  } catch (error) {
    if (mine === turn) say(error instanceof Error ? error.message : String(error));
  }
}

function say(text: string): void {
  const status = byId('status');
  // Said once: a screen reader would repeat it at every refresh.
  if (status.textContent !== text) status.textContent = text;
}

async function showGroups(asked: Asked): Promise<void> {
  byId('groups-section').hidden = !asked.by;
  if (!asked.by) return;
  const groups = await edge.groups(asked, asked.by, HEADLINE_RANKS);
  groups.sort((a, b) => b.n - a.n);
  byId('groups').replaceChildren(
    table(
      `Percentiles by ${asked.by}, the largest groups first`,
      [asked.by, 'values', ...HEADLINE_RANKS.map(percentileName)],
      groups
        .slice(0, 20)
        .map((group) => [
          group.labels[asked.by] || '(none)',
          count(group.n),
          ...group.quantiles.map(({ value }) => figure(value)),
        ]),
    ),
  );
}

async function showDifferences(asked: Asked): Promise<void> {
  const fields = new FormData(comparison);
  const other: Question =
    fields.get('with') === 'labels'
      ? { ...asked, match: String(fields.get('match')) }
      : { ...asked, from: 2 * asked.from - asked.to, to: asked.from };
  const within = byId('differences');
  const ask = (one: Question) => edge.quantiles(one, COMPARED_RANKS);
  const [here, there]: [Answer, Answer] = await Promise.all([ask(asked), ask(other)]);
  if (there.n === 0) {
    within.replaceChildren('Nothing to compare with.');
    return;
  }
  within.replaceChildren(
    table(
      `${count(here.n)} values beside ${count(there.n)}; differences at 99 % confidence`,
      ['percentile', 'here', 'there', 'change', 'in words'],
      differences(here, there).map(({ q, here: a, there: b, words }) => [
        percentileName(q),
        figure(a),
        figure(b),
        b === 0 ? '-' : `${a >= b ? '+' : '-'}${percent(Math.abs(a / b - 1))}`,
        words,
      ]),
    ),
  );
}

async function showInside(): Promise<void> {
  const metrics = await edge.metrics();
  const of = (name: string) => metrics.get(name) ?? 0;
  const batches = of('kll_edge_stored_batches_total');
  byId('inside').replaceChildren(
    card(count(of('kll_edge_stored_values_total')), 'values taken'),
    card(count(batches), 'batches'),
    card(batches ? `${figure(of('kll_edge_stored_bytes_total') / batches)} B` : '-', 'bytes a batch'),
    card(count(of('kll_edge_pending_batches')), 'batches waiting'),
    card(count(of('kll_edge_series')), 'series'),
  );
}
