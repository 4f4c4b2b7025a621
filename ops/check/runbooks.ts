/** Runbooks: their sections, age, links, and that every command, route and metric they name exists. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { commandsOf } from '../live/runbook-commands.js';
import { type Known, ROOT, read } from './known.js';

export const SECTIONS = [
  'Severity',
  'Last verified',
  'Symptoms',
  'Diagnosis',
  'Resolution',
  'Prevention',
  'Related monitoring',
];
/** A runbook that nobody tried for so long is a guess. */
export const OLDEST_DAYS = 180;
const DAY_MS = 86_400_000;

/** What is wrong with a runbook. @param now epoch milliseconds */
export function faultsOfRunbook(path: string, text: string, known: Known, now: number): string[] {
  const faults: string[] = [];
  const titles = [...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
  if (titles.join() !== SECTIONS.join()) faults.push(`sections: expected ${SECTIONS.join(', ')}`);
  for (const title of SECTIONS) {
    if (sectionOf(text, title) === '') faults.push(`${title}: is empty`);
  }
  const verified = /^(\d{4}-\d\d-\d\d), version \d+\.\d+\.\d+/.exec(sectionOf(text, 'Last verified'));
  if (!verified) faults.push('Last verified: expected a date and a version');
  else {
    const days = Math.floor((now - Date.parse(verified[1])) / DAY_MS);
    if (days > OLDEST_DAYS) faults.push(`Last verified: ${days} days ago, at most ${OLDEST_DAYS}`);
    // East of Greenwich tomorrow has begun.
    if (days < -1) faults.push('Last verified: in the future');
  }
  if (!sectionOf(text, 'Diagnosis').includes('```sh')) faults.push('Diagnosis: has no command');
  return [...faults, ...faultsOfText(path, text, known)];
}

/** Whether a fault is that time has passed: whoever follows the runbook now has no use for being told. */
export function isOfAge(fault: string): boolean {
  return /^Last verified: \d+ days ago/.test(fault);
}

/** Areas of a checklist, in their order. */
export const AREAS = [
  'Infrastructure',
  'Security',
  'Monitoring',
  'Data protection',
  'Performance',
  'Operations',
];

/** What is wrong with a checklist: each of its lines is proved by a command of its own. */
export function faultsOfChecklist(path: string, text: string, known: Known): string[] {
  const titles = [...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
  const faults = titles.join() === AREAS.join() ? [] : [`sections: expected ${AREAS.join(', ')}`];
  for (const title of titles) {
    for (const [item] of sectionOf(text, title).matchAll(/^- \[ \] .*?(?=^- \[ \] |$(?![\s\S]))/gms)) {
      if (commandsOf(`## ${title}\n${item}`, title).length !== 1) {
        faults.push(`${title}: expected one command that proves "${item.slice(6, 60).split('\n')[0]}"`);
      }
    }
  }
  return [...faults, ...faultsOfText(path, text, known)];
}

/** What any document names must exist. */
export function faultsOfText(path: string, text: string, known: Known): string[] {
  const faults: string[] = [];
  for (const [, target, anchor] of text.matchAll(/\]\(([^)#\s]*)(?:#([^)\s]*))?\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const file = target === '' ? path : join(dirname(path), target);
    if (!existsSync(join(ROOT, file))) faults.push(`links to ${target}, which is not there`);
    else if (anchor !== undefined && !anchorsOf(file === path ? text : read(file)).has(anchor)) {
      faults.push(`links to #${anchor} of ${file}, which has no such heading`);
    }
  }
  for (const [, script] of text.matchAll(/\bnpm run ([\w:-]+)/g)) {
    if (!known.scripts.has(script)) faults.push(`npm has no script ${script}`);
  }
  const commands = [...text.matchAll(/```sh\n(.*?)```/gs), ...text.matchAll(/`([^`\n]+)`/g)].map(
    ([, code]) => code,
  );
  for (const code of commands) {
    for (const [, verb] of code.matchAll(/(?:^|&& |\| )kll ([a-z]+)/gm)) {
      if (!known.verbs.has(verb)) faults.push(`kll has no verb ${verb}`);
    }
    for (const [call] of code.matchAll(/(?:^|&& |\| |\$\()kll [a-z][^|&;#\n]*/gm)) {
      for (const [, option] of call.matchAll(/ (--[a-z][\w-]*)/g)) {
        if (!known.options.has(option)) faults.push(`kll has no option ${option}`);
      }
    }
    for (const line of code.split('\n')) faults.push(...faultsOfRoutes(line, known.routes));
  }
  for (const [, block] of text.matchAll(/```sh\n(.*?)```/gs)) {
    const { status, stderr } = spawnSync('bash', ['-n'], { input: block, encoding: 'utf8' });
    if (status !== 0) faults.push(`bash does not parse a command: ${stderr.trim()}`);
  }
  for (const [word] of text.matchAll(/\bkll_[a-z_:]*[a-z0-9]\b/g)) {
    const isBeginning = [...known.metrics].some((name) => name.startsWith(word));
    const isRecorded = [...known.recorded].some((name) => name === word);
    const isShort = known.metrics.has(`${word}_sum`);
    // `step_failures` and the like are patterns of grep: a beginning or a whole name is asked for.
    if (!isBeginning && !isRecorded && !isShort && !known.ownSeries.has(word))
      faults.push(`nobody gives out ${word}`);
  }
  return faults;
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): Set<string> {
  const titles = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) => title.toLowerCase());
  return new Set(titles.map((title) => title.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-')));
}

function faultsOfRoutes(line: string, routes: readonly string[]): string[] {
  const method = /-X ([A-Z]+)/.exec(line)?.[1] ?? (/ -d ['"]\{/.test(line) ? 'POST' : 'GET');
  const called = [...line.matchAll(/\$URL(\/[^\s"'?`);]*)/g)].map(([, path]) => `${method} ${path}`);
  const named = [...line.matchAll(/\b(GET|POST|PATCH|PUT|DELETE) (\/[^\s"'?`]*)/g)].map(
    ([, verb, path]) => `${verb} ${path}`,
  );
  return [...called, ...named]
    .filter((request) => !routes.some((route) => isRoute(request, route)))
    .map((request) => `the edge has no ${request}`);
}

const isRoute = (request: string, route: string) =>
  new RegExp(`^${route.replace(/[.]/g, '\\.').replace(/:\w+/g, '[^/]+')}$`).test(request);

function sectionOf(text: string, title: string): string {
  return (text.split(`## ${title}\n`)[1] ?? '').split(/^## /m)[0].trim();
}
