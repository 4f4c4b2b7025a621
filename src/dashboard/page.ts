/** The page: asks the edge what the form says, shows the answers, and asks again. */
import 'uplot/dist/uPlot.min.css';
import './page.css';
import type { Collector } from '../adapters/browser/collector.js';
import { Edge } from './api.js';
import { ComparisonPanel } from './comparison-panel.js';
import { readConfig } from './config.js';
import { Distribution } from './distribution.js';
import { byId, fillTable } from './elements.js';
import { count, figure, percentileName } from './format.js';
import { showHeadline } from './headline.js';
import { showBeacons, showHoldings } from './holdings.js';
import { OverTime } from './over-time.js';
import { type Asked, QuestionForm } from './question.js';
import { measureSelf } from './self-measurement.js';
import { applyTheme } from './theme.js';

const REFRESH_MS = 5000;
const HEADLINE_RANKS = [0.5, 0.75, 0.95, 0.99, 0.999];
const MOST_GROUPS = 20;

const { edge, collector } = await connect().catch((error: unknown) => {
  say(`This page does not know its edge: ${wordsOf(error)}`);
  throw error;
});
const overTime = new OverTime();
const distribution = new Distribution();
const question = new QuestionForm(() => void refresh());
const comparison = new ComparisonPanel(() => void refresh());
applyTheme(() => {
  for (const chart of [overTime.chart, distribution.cdf, distribution.pmf, comparison.chart]) chart.redraw();
});
// What the page writes there itself is no such event.
addEventListener('hashchange', () => {
  question.read();
  comparison.read();
  void refresh();
});
const pause = byId<HTMLButtonElement>('pause');
const isPaused = () => pause.getAttribute('aria-pressed') === 'true';
pause.addEventListener('click', () => {
  pause.setAttribute('aria-pressed', String(!isPaused()));
  void refresh();
});

let turn = 0;
/** The question whose answers stand on the page. */
let answered: string | undefined;
/** Questions whose answers are not all here. */
let underWay = 0;
void refresh();
setInterval(() => {
  // Asked again before it has answered, an edge that takes longer would never be seen to answer.
  if (document.visibilityState === 'visible' && !isPaused() && underWay === 0) void refresh();
}, REFRESH_MS);

/** The edge, and what measures the page where it has a key. */
async function connect(): Promise<{ edge: Edge; collector: Collector | undefined }> {
  const { url, token, key } = await readConfig();
  return { edge: new Edge(url, token), collector: key ? measureSelf(url, key) : undefined };
}

/** Asks for everything; an answer that comes after a newer question is dropped. */
async function refresh(): Promise<void> {
  const mine = ++turn;
  const isCurrent = () => mine === turn;
  underWay++;
  try {
    const series = await edge.series(question.wanted);
    if (!isCurrent()) return;
    question.offer(series);
    const asked = question.asked(Date.now());
    if (!asked) {
      say('Nothing has arrived yet, or no time is chosen');
      showAnswers();
      return;
    }
    const [answer, sketch] = await Promise.all([
      edge.quantiles(asked, HEADLINE_RANKS, asked.thresholds),
      edge.sketch(asked),
    ]);
    if (!isCurrent()) return;
    if (answered !== question.key) {
      overTime.clear();
      comparison.clear();
      byId('groups').replaceChildren();
    }
    answered = question.key;
    showAnswers();
    showHeadline(answer, asked);
    distribution.show(sketch);
    if (collector) showBeacons(collector);
    await Promise.all([
      overTime.ask(edge, asked, isCurrent),
      comparison.ask(edge, asked, sketch, isCurrent),
      showGroups(asked, isCurrent),
      showHoldings(edge, isCurrent),
    ]);
    if (!isCurrent()) return;
    const standing = answer.n
      ? `${isPaused() ? 'Paused' : 'Live'}: ${asked.name}`
      : `No values of ${asked.name} in this time`;
    say(
      question.missing
        ? `${standing}. There is nothing of ${question.missing}, which was asked for`
        : standing,
    );
  } catch (error) {
    if (!isCurrent()) return;
    say(wordsOf(error));
    showAnswers();
  } finally {
    underWay--;
  }
}

/** Answers stay beside a failure of the same question; those to another one go: nobody could tell whose they are. */
function showAnswers(): void {
  byId('answers').hidden = question.key !== answered;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function say(text: string): void {
  const status = byId('status');
  // Said once: a screen reader would repeat it at every refresh.
  if (status.textContent !== text) status.textContent = text;
}

async function showGroups(asked: Asked, isCurrent: () => boolean): Promise<void> {
  byId('groups-section').hidden = !asked.by;
  if (!asked.by) return;
  const groups = await edge.groups(asked, asked.by, HEADLINE_RANKS);
  if (!isCurrent()) return;
  groups.sort((a, b) => b.n - a.n);
  fillTable(
    byId('groups'),
    `Percentiles by ${asked.by}, the ${Math.min(MOST_GROUPS, groups.length)} largest of ${groups.length} groups first`,
    [asked.by, 'values', ...HEADLINE_RANKS.map(percentileName)],
    groups
      .slice(0, MOST_GROUPS)
      .map((group) => [
        (Object.hasOwn(group.labels, asked.by) && group.labels[asked.by]) || '(none)',
        count(group.n),
        ...group.quantiles.map(({ value }) => figure(value)),
      ]),
  );
}
