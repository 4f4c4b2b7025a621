/** kll capacity: what an edge needs for given numbers, and how long a live one goes on before a limit. */
import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { toAmount, toIntegerWithin, toNumber } from '../arguments.js';
import {
  type Load,
  type Needs,
  needsOf,
  OBJECT_REQUESTS,
  type Setup,
  STANDARD_SETUP,
} from '../capacity/formulas.js';
import { type LimitReport, limitsOf, type TimedScrape } from '../capacity/growth.js';
import { type EdgeArguments, EdgeClient, withEdge } from '../edge/edge-client.js';
import { dataError, EXIT, type ExitCode, ioError, usageError } from '../exit.js';
import { ByteSource } from '../input/byte-source.js';
import { showBytes, showCount, showCountOf, showPercent } from '../output/figures.js';
import { type Column, renderFields, renderTable } from '../output/table.js';
import { printJson, printLines, remark } from '../output/terminal.js';
import { parseExposition } from '../slo/exposition.js';

interface CapacityArguments extends EdgeArguments {
  series?: number;
  batches: number;
  seriesPerBatch: number;
  imageBytes: number;
  ingestObjects?: number;
  seriesObjects?: number;
  over?: number;
  failWithin?: number;
}

/** What the edge answers of a tenant. */
interface Config extends Omit<Setup, 'ingest' | 'series'> {
  rings: { ingest: number; series: number }[];
}

/** Growth over less is noise. */
const SHORT_MS = 3_600_000;
/** Less says nothing of growth: a gate that passed on it would be none. */
const LEAST_MS = 60_000;
/** Of docs/capacity.md: latencies rounded to 0.1 ms, at k = 200. */
const STANDARD_IMAGE_BYTES = 600;

export function capacityCommand(program: Command): Command {
  const command = program
    .command('capacity')
    .description('what an edge needs for given numbers; with --url, days until a live one reaches a limit')
    .argument('[scrape...]', 'stored answers of GET /metrics, dated by their time of modification')
    .option('--series <count>', 'series that get values every minute', toIntegerWithin(1, 1e9))
    .option('--batches <rate>', 'batches a second', toAmount, 1)
    .option('--series-per-batch <count>', 'series of a batch', toAmount, 2)
    .option('--image-bytes <bytes>', 'of a condensed image', toIntegerWithin(1, 1e6), STANDARD_IMAGE_BYTES)
    .option(
      '--ingest-objects <count>',
      'N, ingest objects (default: 4, or those of the edge)',
      toIntegerWithin(1, 256),
    )
    .option(
      '--series-objects <count>',
      'M, series objects (default: 4, or those of the edge)',
      toIntegerWithin(1, 256),
    )
    .option('--over <seconds>', 'scrape the live edge twice, so long apart', toNumber)
    .option('--fail-within <days>', 'exit code 1 if a limit is nearer', toNumber);
  return withEdge(command, 'where a live edge answers (default with --over: $KLL_URL)');
}

export async function capacity(files: string[], args: CapacityArguments): Promise<ExitCode> {
  const isLive = args.url !== undefined || files.length > 0 || args.over !== undefined;
  if (!isLive && args.series === undefined) {
    throw usageError('nothing to compute from', 'Say --series for given numbers, or --url for a live edge.');
  }
  if (isLive && args.series !== undefined) throw usageError('--series and a live edge are two questions');
  if (args.over !== undefined && !(args.over > 0 && args.over <= 86_400)) {
    throw usageError('--over: expected 0..86400 seconds');
  }
  return isLive ? await ofLiveEdge(files, args) : await ofNumbers(args);
}

async function ofNumbers(args: CapacityArguments): Promise<ExitCode> {
  const setup = withObjects(STANDARD_SETUP, args);
  const load: Load = {
    busySeries: args.series!,
    batchesPerSecond: args.batches,
    seriesPerBatch: args.seriesPerBatch,
    imageBytes: args.imageBytes,
  };
  const needs = needsOf(setup, load);
  const ok =
    needs.requestsPerObject <= OBJECT_REQUESTS &&
    needs.ingestObjectBytes <= setup.maxStorageBytes &&
    (needs.daysUntilFull === undefined || needs.daysUntilFull > (args.failWithin ?? 0));
  if (args.json) {
    await printJson({
      schema: 'kll.capacity/1',
      ok,
      setup,
      load,
      needs: { ...needs, daysUntilFull: needs.daysUntilFull ?? null },
    });
  } else await printLines(renderFields(fieldsOf(setup, load, needs)));
  return ok ? EXIT.ok : EXIT.negative;
}

function fieldsOf(setup: Setup, load: Load, needs: Needs): [string, string][] {
  const { daysUntilFull, aDay } = needs;
  const full =
    daysUntilFull === undefined ? 'never: retention keeps it below' : showCountOf(daysUntilFull, 'day');
  return [
    [
      'requests',
      `${show(needs.requestsPerObject, 'batches/s')} an ingest object, of ${showCount(OBJECT_REQUESTS)}`,
    ],
    ['ingest objects', `${setup.ingest}; ${needs.ingestNeeded} at the least`],
    [
      'an ingest object',
      `${showBytes(needs.ingestObjectBytes)} of ids, of ${showBytes(setup.maxStorageBytes)}`,
    ],
    [
      'a busy series',
      `${showCountOf(needs.rowsOfSeries, 'row')}, ${showBytes(needs.bytesOfSeries)} after a year`,
    ],
    [
      'a series object',
      `${showBytes(needs.seriesObjectBytes)} after a year, of ${showBytes(setup.maxStorageBytes)}`,
    ],
    ['full in', full],
    [
      'series objects',
      `${setup.series}; ${needs.seriesNeeded} at the least for ${showCount(load.busySeries)} series`,
    ],
    [
      'in all',
      `${showBytes(needs.totalBytes)} in ${needs.objects} objects; pending at most ${showBytes(needs.pendingBytes)}`,
    ],
    [
      'a day',
      `${showCountOf(aDay.workerRequests, 'request')}, ${showCountOf(aDay.objectRequests, 'object request')}`,
    ],
    ['', showCountOf(aDay.rowsWritten, 'row written', 'rows written')],
  ];
}

const LIMITS: Column<LimitReport>[] = [
  { title: 'limit', align: 'left', cell: ({ name }) => name },
  { title: 'now', cell: ({ now, unit }) => show(now, unit) },
  { title: 'of', cell: ({ limit, unit }) => show(limit, unit) },
  { title: 'used', cell: ({ share }) => showPercent(share) },
  { title: 'a day', cell: ({ perDay, unit }) => (perDay === null ? '-' : show(perDay, unit)) },
  { title: 'days left', cell: ({ daysLeft }) => (daysLeft === null ? '-' : showCount(daysLeft)) },
];

function show(x: number, unit: LimitReport['unit']): string {
  if (Number.isNaN(x)) return '-';
  if (unit === 'bytes') return x < 0 ? `-${showBytes(-x)}` : showBytes(Math.round(x));
  return unit === 'series' ? showCount(x) : `${Number(x.toPrecision(3))}/s`;
}

async function ofLiveEdge(files: readonly string[], args: CapacityArguments): Promise<ExitCode> {
  const scrapes: TimedScrape[] = [];
  for (const file of files) scrapes.push(await storedScrape(file));
  let setup = STANDARD_SETUP;
  if (args.url !== undefined || args.over !== undefined) {
    const client = new EdgeClient(args);
    const { rings, ...settings } = await client.json<Config>('/v1/admin/config');
    setup = { ...settings, ...rings[rings.length - 1] };
    if (args.over !== undefined) {
      scrapes.push(await liveScrape(client));
      await sleep(args.over * 1000);
    }
    scrapes.push(await liveScrape(client));
  }
  scrapes.sort((a, b) => a.at - b.at);
  const [first, last] = [scrapes[0], scrapes[scrapes.length - 1]];
  const before = last.at > first.at ? first : undefined;
  const limits = limitsOf(withObjects(setup, args), last, before);
  const daysLeft = limits.reduce<number | null>(
    (least, one) => (one.daysLeft === null ? least : Math.min(least ?? Infinity, one.daysLeft)),
    null,
  );
  if (!before && args.failWithin) {
    const found = scrapes.length > 1 ? 'all of the same time' : 'one';
    throw dataError(
      `--fail-within: expected scrapes of two times, found ${found}`,
      'Name a stored one, or wait with --over.',
    );
  }
  if (before && args.failWithin && last.at - before.at < LEAST_MS) {
    throw dataError(
      `--fail-within: expected scrapes at least a minute apart, found ${(last.at - before.at) / 1000} s`,
      'Name one that was stored a day ago.',
    );
  }
  const ok = daysLeft === null || daysLeft > (args.failWithin ?? 0);
  const overSeconds = before ? (last.at - before.at) / 1000 : null;
  if (args.json) await printJson({ schema: 'kll.capacity/1', ok, overSeconds, daysLeft, limits });
  else {
    await printLines(renderTable(LIMITS, limits));
    if (!before) remark('growth takes two scrapes: a stored one, or --over');
    else if (last.at - before.at < SHORT_MS) {
      remark(
        `growth over ${Math.round(overSeconds!)} s: what a day will bring takes a day of scrapes to tell`,
      );
    }
  }
  return ok ? EXIT.ok : EXIT.negative;
}

function withObjects(setup: Setup, { ingestObjects, seriesObjects }: CapacityArguments): Setup {
  return { ...setup, ingest: ingestObjects ?? setup.ingest, series: seriesObjects ?? setup.series };
}

async function liveScrape(client: EdgeClient): Promise<TimedScrape> {
  const text = await client.text('/metrics');
  return { at: Date.now(), samples: parseExposition(text, client.url) };
}

async function storedScrape(file: string): Promise<TimedScrape> {
  const text = new TextDecoder().decode(await (await ByteSource.open(file)).readAll());
  const { mtimeMs } = await stat(file).catch((error) => {
    throw ioError('read', file, error);
  });
  const samples = parseExposition(text, file);
  if (!samples.some(({ name }) => name.startsWith('kll_edge_'))) {
    throw dataError(
      `${file}: expected metrics of an edge, found none`,
      'Store what GET /metrics answers; was it refused?',
    );
  }
  return { at: mtimeMs, samples };
}
