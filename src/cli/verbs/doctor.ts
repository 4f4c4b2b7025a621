/** kll doctor: what is wrong here, and with an edge: every check with what it found. */
import type { Command } from 'commander';
import { edgeFindings } from '../doctor/edge.js';
import { configurationFindings, environmentFindings } from '../doctor/environment.js';
import { type Finding, findingsOf } from '../doctor/finding.js';
import { selfTestFindings } from '../doctor/self-test.js';
import { checkStore, type StoreReport } from '../doctor/store.js';
import { type EdgeArguments, EdgeClient, withEdge } from '../edge/edge-client.js';
import { transferProgress } from '../edge/transfer-progress.js';
import { describeError, EXIT, type ExitCode } from '../exit.js';
import { showCount, showCountOf } from '../output/figures.js';
import { printJson, printLines } from '../output/terminal.js';
import { packageVersion } from '../version.js';

/** Damaged files that are shown. */
const SHOWN = 20;

export function doctorCommand(program: Command): Command {
  const command = program
    .command('doctor')
    .description('checks this machine, an edge and folders of blobs: exit code 1 if something is wrong')
    .argument('[folder...]', 'whose sketches, batches, backups and exports are read whole');
  return withEdge(command);
}

export async function doctor(folders: string[], args: EdgeArguments): Promise<ExitCode> {
  const version = packageVersion();
  const findings: Finding[] = [
    ...environmentFindings(),
    findingsOf('version')('kll', true, version),
    ...configurationFindings(process.env, Date.now()),
    ...selfTestFindings(),
  ];
  const isAsked = args.url !== undefined || process.env.KLL_URL !== undefined;
  if (isAsked) findings.push(...(await edgeFindings(new EdgeClient(args), version)));
  for (const folder of folders) findings.push(...(await storeFindings(folder, args.progress)));
  const count = (verdict: Finding['verdict']) => findings.filter((one) => one.verdict === verdict).length;
  const ok = count('fail') === 0;
  if (args.json) {
    await printJson({ schema: 'kll.doctor/1', ok, failed: count('fail'), warned: count('warn'), findings });
  } else {
    const edge = isAsked ? [] : ['        the edge was not asked: --url says where it is'];
    const total = `${showCountOf(findings.length, 'check')}: ${count('fail')} failed, ${count('warn')} with a warning`;
    await printLines([...findings.map(lineOf), ...edge, total]);
  }
  return ok ? EXIT.ok : EXIT.negative;
}

const MARKS: Readonly<Record<Finding['verdict'], string>> = { ok: 'ok    ', warn: 'WARN  ', fail: 'FAILED' };

function lineOf({ area, name, verdict, found }: Finding): string {
  return `${MARKS[verdict]}  ${area}: ${name}: ${found}`;
}

async function storeFindings(folder: string, wanted: boolean | undefined): Promise<Finding[]> {
  const finding = findingsOf('store');
  const progress = transferProgress('doctor', wanted);
  const told = (files: number) => `${showCountOf(files, 'file')} of ${folder}`;
  const report = await checkStore(folder, (files) => progress.update(told(files)));
  const { damaged } = report;
  progress.finish(told(countOf(report)));
  return [
    finding(
      folder,
      damaged.length === 0 && countOf(report) > report.others ? 'ok' : damaged.length > 0 ? 'fail' : 'warn',
      describe(report),
    ),
    ...damaged.slice(0, SHOWN).map((one) => finding(one.file, false, describeError(one))),
  ];
}

const countOf = ({ whole, others, damaged }: StoreReport) =>
  Object.values(whole).reduce((sum, count) => sum + count, others + damaged.length);

function describe({ whole, values, others, damaged }: StoreReport): string {
  const kinds = [
    [whole.sketch, 'sketch', 'sketches'],
    [whole.batch, 'batch', 'batches'],
    [whole.backup, 'backup', 'backups'],
    [whole.export, 'export', 'exports'],
  ] as const;
  const counts = kinds
    .filter(([count]) => count > 0)
    .map(([count, one, many]) => showCountOf(count, one, many));
  const whatIsWhole = counts.length === 0 ? 'nothing of ours' : `${counts.join(', ')} whole`;
  return `${whatIsWhole}, ${showCountOf(values, 'value')}; ${showCount(damaged.length)} damaged; ${showCountOf(others, 'other file')}`;
}
