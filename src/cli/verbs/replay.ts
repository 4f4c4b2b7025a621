/** kll replay: recorded batches against a sandbox, and what it answers against what they hold. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { type EdgeArguments, EdgeClient, withEdge } from '../edge/edge-client.js';
import { readRecordedBatch } from '../edge/recorded-batch.js';
import { transferProgress } from '../edge/transfer-progress.js';
import { CliError, dataError, EXIT, type ExitCode, ioError, usageError } from '../exit.js';
import { showCount, showCountOf } from '../output/figures.js';
import { printJson, printLines, remark } from '../output/terminal.js';
import { fetchCaptures } from '../replay/captures.js';
import { differences, Expected, type MetricAnswer, RANKS } from '../replay/difference.js';

interface ReplayArguments extends EdgeArguments {
  capturesOf?: string;
  capturesToken?: string;
  restamp?: boolean;
  baseline?: string;
  notEmpty?: boolean;
}

interface Sent {
  stored: number;
  /** Known already: an id that is in the folder twice, or was replayed before. */
  duplicates: number;
  refused: { file: string; code: string }[];
}

/** Of a metric. */
interface Result {
  name: string;
  answer: MetricAnswer;
  /** From what the batches hold. */
  differences: string[];
  /** From what the baseline was answered. */
  changed?: string[];
}

interface Report {
  schema: typeof SCHEMA;
  sent: Sent;
  results: Result[];
}

const SCHEMA = 'kll.replay/1';
const ENDINGS = /\.(kllbatch|json)$/;

export function replayCommand(program: Command): Command {
  const command = program
    .command('replay')
    .description('sends recorded batches to a sandbox and compares its answers: exit code 1 if they differ')
    .argument(
      '<folder>',
      'batches as they were posted (*.kllbatch, *.json), sent in the order of their names',
    )
    .option('--captures-of <url>', 'fetch what that edge has captured into the folder first')
    .option('--captures-token <token>', 'token for that (default: that of the sandbox)')
    .option('--restamp', 'batches are made now: older ones than the window are refused otherwise')
    .option('--baseline <file>', 'report of another replay (--json): what is answered otherwise')
    .option('--not-empty', 'the sandbox may hold data already');
  return withEdge(command);
}

export async function replay(folder: string, args: ReplayArguments): Promise<ExitCode> {
  const client = new EdgeClient(args);
  const baseline = args.baseline === undefined ? undefined : await readBaseline(args.baseline);
  if (args.capturesOf !== undefined) {
    const token = args.capturesToken ?? args.token;
    const from = new EdgeClient({ url: args.capturesOf, ...(token === undefined ? {} : { token }) });
    remark(showCountOf((await fetchCaptures(from, folder)).length, 'captured batch', 'captured batches'));
  }
  const files = await filesOf(folder);
  if (!args.notEmpty) await requireEmpty(client, folder, files);
  const { sent, expected } = await send(client, folder, files, args);
  const results: Result[] = [];
  for (const name of expected.names) {
    const query = new URLSearchParams({ name, q: RANKS.join() });
    const answer = answerOf(await client.json<MetricAnswer>(`/v1/quantiles?${query}`));
    const former = baseline?.results.find((one) => one.name === name)?.answer;
    results.push({
      name,
      answer,
      differences: differences(expected.answer(name), answer),
      ...(baseline ? { changed: former ? differences(former, answer) : ['it was not in the baseline'] } : {}),
    });
  }
  const fates = baseline ? fatesChanged(baseline.sent, sent) : [];
  const gone = (baseline?.results ?? [])
    .filter(({ name }) => !expected.names.includes(name))
    .map(({ name }) => name);
  // Where the sandbox takes nothing, nothing was compared: only a baseline says whether that is right.
  const isCompared = sent.stored + sent.duplicates > 0 || baseline !== undefined;
  const ok =
    isCompared &&
    fates.length + gone.length === 0 &&
    results.every((one) => one.differences.length + (one.changed?.length ?? 0) === 0);
  const changes = baseline ? { fates, gone } : {};
  if (args.json) await printJson({ schema: SCHEMA, ok, sent, results, ...changes });
  else {
    await printLines([
      `${showCountOf(files.length, 'batch', 'batches')}: ${showCount(sent.stored)} stored, ${showCount(sent.duplicates)} known, ${showCount(sent.refused.length)} refused`,
      ...sent.refused.map(({ file, code }) => `  refused  ${file}: ${code}`),
      ...results.flatMap(linesOf),
      ...fates.map((fate) => `CHANGED    ${fate}`),
      ...gone.map((name) => `CHANGED    ${name}: was in the baseline, and is gone`),
    ]);
  }
  if (!isCompared) remark('the sandbox took nothing: nothing was compared');
  return ok ? EXIT.ok : EXIT.negative;
}

function linesOf({ name, answer, differences: found, changed = [] }: Result): string[] {
  if (found.length + changed.length === 0) return [`same       ${name}: ${showCountOf(answer.n, 'value')}`];
  return [
    ...found.map((one) => `DIFFERENT  ${name}: ${one}`),
    ...changed.map((one) => `CHANGED    ${name}: ${one}`),
  ];
}

async function send(
  client: EdgeClient,
  folder: string,
  files: readonly string[],
  { restamp = false, progress: wanted }: ReplayArguments,
): Promise<{ sent: Sent; expected: Expected }> {
  const progress = transferProgress('replay', wanted);
  const sent: Sent = { stored: 0, duplicates: 0, refused: [] };
  const expected = new Expected();
  const counted = new Set<string>();
  let bytes = 0;
  for (const [i, file] of files.entries()) {
    const recorded = readRecordedBatch(await read(join(folder, file)), restamp ? Date.now() : undefined);
    const { body, contentType, series, id } = recorded;
    const fate = await client
      .json<{ duplicate: boolean }>('/v1/ingest', { method: 'POST', body, contentType })
      .catch((error) => ({ code: codeOf(error) }));
    if ('code' in fate) sent.refused.push({ file, code: fate.code });
    else {
      if (fate.duplicate) sent.duplicates++;
      else sent.stored++;
      if (!series || !id) throw dataError(`${file}: the sandbox takes it, and kll cannot read it`);
      // An id counts once, however often it is sent.
      if (!counted.has(id)) expected.add(series);
      counted.add(id);
    }
    bytes += body.length;
    progress.update(`${showCount(i + 1)} of ${showCountOf(files.length, 'batch', 'batches')}`, bytes);
  }
  progress.finish(showCountOf(files.length, 'batch', 'batches'), bytes);
  return { sent, expected };
}

/** What the edge refuses is a result; that it cannot answer is none. */
function codeOf(error: unknown): string {
  if (!(error instanceof CliError) || error.exitCode === EXIT.io || UNANSWERED.has(error.code)) throw error;
  return error.code;
}

/** Refusals of whoever sends, not of the batch. */
const UNANSWERED = new Set([
  'ERR_UNAUTHENTICATED',
  'ERR_TOKEN',
  'ERR_FORBIDDEN',
  'ERR_EDGE',
  'ERR_NOT_FOUND',
]);

function answerOf({
  n,
  sum,
  min,
  max,
  quantiles,
  partial = false,
  stale = false,
}: MetricAnswer): MetricAnswer {
  return {
    n,
    sum,
    min,
    max,
    quantiles: quantiles.map(({ q, value, lower, upper }) => ({ q, value, lower, upper })),
    partial,
    stale,
  };
}

/** Numbers are right only where nothing else is; and nobody replays into what is live by mistake. */
async function requireEmpty(client: EdgeClient, folder: string, files: readonly string[]): Promise<void> {
  const { series } = await client.json<{ series: unknown[] }>('/v1/series?limit=1');
  let isEmpty = series.length === 0;
  // A list of series lacks those that are not handed over yet; answers have them.
  for (const name of isEmpty ? await namesOf(folder, files) : []) {
    const { n } = await client.json<MetricAnswer>(`/v1/quantiles?${new URLSearchParams({ name })}`);
    isEmpty &&= n === 0;
  }
  if (isEmpty) return;
  throw usageError(
    `${client.url} holds data: a replay wants a sandbox`,
    'An edge with a folder of its own, or kll reset; --not-empty replays all the same.',
  );
}

async function namesOf(folder: string, files: readonly string[]): Promise<Set<string>> {
  const names = new Set<string>();
  for (const file of files) {
    const { series = [] } = readRecordedBatch(await read(join(folder, file)));
    for (const { name } of series) names.add(name);
  }
  return names;
}

function fatesChanged(before: Sent, now: Sent): string[] {
  const codes = ({ refused }: Sent) => new Map(refused.map(({ file, code }) => [file, code]));
  const [was, is] = [codes(before), codes(now)];
  return [...new Set([...was.keys(), ...is.keys()])]
    .sort()
    .filter((file) => was.get(file) !== is.get(file))
    .map((file) => `${file}: was ${was.get(file) ?? 'taken'}, is ${is.get(file) ?? 'taken'}`);
}

async function readBaseline(path: string): Promise<Report> {
  const text = new TextDecoder().decode(await read(path));
  try {
    const report = JSON.parse(text) as Report;
    if (report.schema === SCHEMA && Array.isArray(report.results)) return report;
  } catch {
    // Falls through: not JSON at all.
  }
  throw dataError(`${path}: expected the report of another kll replay --json`);
}

async function filesOf(folder: string): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    throw ioError('read', folder, error);
  }
  const files = names.filter((name) => ENDINGS.test(name)).sort();
  if (files.length === 0) throw dataError(`${folder}: no recorded batches (*.kllbatch, *.json)`);
  return files;
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw ioError('read', path, error);
  }
}
