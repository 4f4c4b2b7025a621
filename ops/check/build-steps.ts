/** What a build runs by itself: a document that names such a command need not have it typed once more. */
import { existsSync } from 'node:fs';
import { ROOT, read } from './known.js';

/** Folders whose tests are of other projects than `release`, as vitest.config.ts says. */
function foldersElsewhere(): string[] {
  const [, excluded] = /name: 'release',.*?exclude: \[(.*?)\]/s.exec(read('vitest.config.ts'))!;
  return [...excluded.matchAll(/'(test\/[\w/-]+\/)\*\*'/g)].map(([, folder]) => folder);
}

/** Whether a command is a step of .ci/run: a script that is named there, or a test that `npm test` runs. */
export function isStepOfBuild(command: string): boolean {
  const steps = read('.ci/run');
  const script = /^npm run ([\w:-]+)(?= |$)/.exec(command)?.[1];
  if (script !== undefined) return new RegExp(`npm run --silent ${script}(?![\\w:-])`).test(steps);
  const test = /^npx vitest run --project release (test\/\S+)$/.exec(command)?.[1];
  return (
    test !== undefined &&
    /^npm test\b|\bnpm test --silent/m.test(steps) &&
    existsSync(ROOT + test) &&
    !foldersElsewhere().some((folder) => test.startsWith(folder))
  );
}
