/**
 * The command `kll`: percentiles of numbers, and everything one does with sketches, from a shell. The README lists
 * its verbs; exit.ts its exit codes.
 */
import { Command, CommanderError } from 'commander';
import { type CliError, EXIT, EXIT_MEANINGS, usageError } from './exit.js';
import { handleClosedPipe, reportError } from './output/terminal.js';
import { backup, backupCommand } from './verbs/backup.js';
import { build, buildCommand } from './verbs/build.js';
import { capacity, capacityCommand } from './verbs/capacity.js';
import { compare, compareCommand } from './verbs/compare.js';
import { convert, convertCommand } from './verbs/convert.js';
import { doctor, doctorCommand } from './verbs/doctor.js';
import { exportBuckets, exportCommand } from './verbs/export.js';
import { inspect, inspectCommand } from './verbs/inspect.js';
import { merge, mergeCommand } from './verbs/merge.js';
import { plan, planCommand } from './verbs/plan.js';
import { plot, plotCommand } from './verbs/plot.js';
import { query, queryCommand } from './verbs/query.js';
import { replay, replayCommand } from './verbs/replay.js';
import { reset, resetCommand } from './verbs/reset.js';
import { restore, restoreCommand } from './verbs/restore.js';
import { retention, retentionCommand } from './verbs/retention.js';
import { sloBaseline, sloCheck, sloCommands } from './verbs/slo.js';
import {
  snapshotCommands,
  snapshotCreate,
  snapshotDelete,
  snapshotList,
  snapshotRollback,
} from './verbs/snapshot.js';
import { summary, summaryCommand } from './verbs/summary.js';
import { token, tokenCommand } from './verbs/token.js';
import { vacuum, vacuumCommand } from './verbs/vacuum.js';
import { verify, verifyCommand } from './verbs/verify.js';
import { packageVersion } from './version.js';

const EXIT_CODES = [
  '',
  'Exit codes:',
  ...Object.entries(EXIT_MEANINGS).map(([code, meaning]) => `  ${code.padEnd(2)} ${meaning}`),
].join('\n');

const EXAMPLES = `
Examples:
  kll summary flights.parquet --column delay --exact
  zcat access.log.gz | awk '{print $NF}' | kll summary
  kll build monday.csv --column ms -o monday.kll
  kll merge monday.kll tuesday.kll -o week.kll && kll query week.kll --q p50,p99
  kll compare monday.kll tuesday.kll --fail-on higher`;

function createProgram(json: boolean): Command {
  const program = new Command('kll')
    .description('Percentiles of any number of values, in sketches of a few kilobytes.')
    .version(packageVersion(), '-V, --version')
    .helpCommand(false)
    .configureHelp({
      subcommandTerm: (verb) => `${verb.name()} ${verb.usage().replace(/\[options\] ?/, '')}`,
    })
    .addHelpText('after', EXAMPLES)
    .addHelpText('after', EXIT_CODES)
    .exitOverride()
    .configureOutput({ outputError: (text) => reportError(usageErrorOf(text), json) });
  // biome-ignore lint/suspicious/noExplicitAny: the arguments of each verb are checked where its options are declared
  const verb = (command: Command, run: (...args: any[]) => Promise<number>) =>
    command.action(async (...args: unknown[]) => {
      process.exitCode = await run(...args);
    });
  verb(summaryCommand(program), summary);
  verb(buildCommand(program), build);
  verb(mergeCommand(program), merge);
  verb(queryCommand(program), query);
  verb(compareCommand(program), compare);
  verb(plotCommand(program), plot);
  verb(inspectCommand(program), inspect);
  verb(verifyCommand(program), verify);
  verb(convertCommand(program), convert);
  verb(planCommand(program), plan);
  const slo = sloCommands(program);
  verb(slo.check, sloCheck);
  verb(slo.baseline, sloBaseline);
  verb(backupCommand(program), backup);
  verb(restoreCommand(program), restore);
  verb(exportCommand(program), exportBuckets);
  const snapshot = snapshotCommands(program);
  verb(snapshot.list, snapshotList);
  verb(snapshot.create, snapshotCreate);
  verb(snapshot.remove, snapshotDelete);
  verb(snapshot.rollback, snapshotRollback);
  verb(retentionCommand(program), retention);
  verb(vacuumCommand(program), vacuum);
  verb(resetCommand(program), reset);
  verb(tokenCommand(program), token);
  verb(capacityCommand(program), capacity);
  verb(doctorCommand(program), doctor);
  verb(replayCommand(program), replay);
  return program;
}

/** The parser's finding, in the form of every other error. */
function usageErrorOf(text: string): CliError {
  const [message, ...more] = text
    .trim()
    .replace(/^error: /, '')
    .split('\n');
  return usageError(message, [...more, 'kll --help, or kll <verb> --help, says what there is.'].join(' '));
}

async function main(argv: readonly string[]): Promise<void> {
  const json = argv.includes('--json');
  handleClosedPipe(json);
  // What nobody waits for: Node would end with 1, which is a verdict here.
  process.on('uncaughtException', (error) => process.exit(reportError(error, json)));
  const program = createProgram(json);
  if (argv.length === 2) {
    program.outputHelp({ error: true });
    process.exitCode = EXIT.usage;
    return;
  }
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    else process.exitCode = reportError(error, json);
  }
}

await main(process.argv);
