/** kll slo: are objectives kept, by a live edge or by what was stored of it, and which would its data carry? */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import edgeObjectives from '#objectives';
import { toNumber, withJson } from '../arguments.js';
import { EdgeClient } from '../edge/edge-client.js';
import { EXIT, type ExitCode, ioError, usageError } from '../exit.js';
import { showPercent } from '../output/figures.js';
import { type Column, renderTable } from '../output/table.js';
import { printJson, printLines } from '../output/terminal.js';
import { type Proposal, propose } from '../slo/baseline.js';
import { evaluate, type Scrape, type SloResult } from '../slo/evaluate.js';
import { parseExposition } from '../slo/exposition.js';
import { parseObjectives } from '../slo/objectives.js';

interface SloArguments {
  url?: string;
  token?: string;
  over?: number;
  objectives?: string;
  allowMissing?: boolean;
  json?: boolean;
}

function withScrapes(command: Command): Command {
  return withJson(
    command
      .argument('[scrape...]', 'stored answers of GET /metrics, oldest first')
      .option('--url <url>', 'a live edge: its /metrics is the last scrape')
      .option('--token <token>', "token of the operator's tenant with scope admin (default: $KLL_TOKEN)")
      .option('--over <seconds>', 'scrape the live edge twice, so long apart', toNumber)
      .option('--objectives <file>', 'what is promised, as YAML (default: objectives of the edge)'),
  );
}

export function sloCommands(program: Command): { check: Command; baseline: Command } {
  const slo = program.command('slo').description('whether objectives are kept');
  const check = withScrapes(
    slo.command('check').description('whether objectives are kept: exit code 1 if not'),
  );
  check.option('--allow-missing', 'an objective without data is no breach');
  const baseline = withScrapes(
    slo.command('baseline').description('objectives that recorded data would carry'),
  );
  return { check, baseline };
}

export async function sloCheck(files: string[], args: SloArguments): Promise<ExitCode> {
  const { service, windowDays, objectives } = await readObjectives(args.objectives);
  const scrapes = await scrapesOf(files, args);
  const results = objectives.map((objective) => evaluate(objective, scrapes));
  const isKept = results.every(
    ({ verdict }) => verdict === 'pass' || (verdict === 'no data' && args.allowMissing === true),
  );
  if (args.json)
    await printJson({ schema: 'kll.slo/1', service, windowDays, ok: isKept, objectives: results });
  else await printLines(renderTable(RESULTS, results));
  return isKept ? EXIT.ok : EXIT.negative;
}

export async function sloBaseline(files: string[], args: SloArguments): Promise<ExitCode> {
  const { service, objectives } = await readObjectives(args.objectives);
  const scrapes = await scrapesOf(files, args);
  const proposals = objectives.map((objective) => propose(objective, scrapes));
  if (args.json) await printJson({ schema: 'kll.slo-baseline/1', service, objectives: proposals });
  else await printLines(renderTable(PROPOSALS, proposals));
  return EXIT.ok;
}

const RESULTS: Column<SloResult>[] = [
  { title: 'objective', align: 'left', cell: ({ name }) => name },
  { title: 'promised', cell: ({ objective }) => showPercent(objective) },
  { title: 'measured', cell: ({ measured }) => (measured === null ? '-' : showShare(measured)) },
  { title: 'of', cell: ({ of }) => String(of) },
  { title: 'budget left', cell: ({ budgetLeft }) => (budgetLeft === null ? '-' : showPercent(budgetLeft)) },
  { title: 'burn rate', cell: ({ burnRate }) => (burnRate === null ? '-' : burnRate.toFixed(2)) },
  { title: 'verdict', align: 'left', cell: ({ verdict }) => (verdict === 'breach' ? 'BREACH' : verdict) },
];

const PROPOSALS: Column<Proposal>[] = [
  { title: 'objective', align: 'left', cell: ({ name }) => name },
  { title: 'now', align: 'left', cell: ({ now }) => now },
  { title: 'the data carries', align: 'left', cell: ({ proposed }) => proposed ?? 'no data' },
];

/** Digits enough for an objective of 99.99 %. */
const showShare = (share: number) => `${(Math.floor(share * 1e5) / 1e3).toFixed(3)} %`;

async function readObjectives(path?: string) {
  return path === undefined
    ? parseObjectives(edgeObjectives, 'ops/slo/edge.yaml')
    : parseObjectives(await readText(path), path);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw ioError('read', path, error);
  }
}

async function scrapesOf(files: readonly string[], args: SloArguments): Promise<Scrape[]> {
  const { url, over } = args;
  if (files.length === 0 && url === undefined) throw usageError('expected stored scrapes, --url, or both');
  if (over !== undefined && (url === undefined || !(over > 0 && over <= 86_400))) {
    throw usageError('--over: expected 0..86400 seconds, and --url');
  }
  const scrapes: Scrape[] = [];
  for (const file of files) scrapes.push(parseExposition(await readText(file), file));
  if (url === undefined) return scrapes;
  const client = new EdgeClient(args);
  if (over !== undefined) {
    scrapes.push(await scrape(client));
    await sleep(over * 1000);
  }
  scrapes.push(await scrape(client));
  return scrapes;
}

async function scrape(client: EdgeClient): Promise<Scrape> {
  return parseExposition(await client.text('/metrics'), client.url);
}
