/** A board's JSON against the types that Grafana publishes. */
import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './known.js';

/**
 * The types carry builder marks that JSON does not have, and enums where JSON has their texts: `Plain` takes both away.
 * Targets are checked apart, for a panel's own type knows nothing of them.
 */
const PRELUDE = `
import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dataquery } from '@grafana/grafana-foundation-sdk/prometheus';
type Plain<T> = T extends string ? \`\${T}\` : T extends readonly (infer E)[] ? Plain<E>[]
  : T extends object ? { [K in keyof T as K extends \`_\${string}\` ? never : K]: Plain<T[K]> } : T;
type Target = Plain<Omit<Dataquery, 'datasource'>> & { datasource?: { type: string; uid: string } };
type Board = Plain<Omit<Dashboard, 'panels'>> & {
  panels: (Plain<Omit<Panel, 'targets'>> & { targets?: Target[] })[];
};
export const board: Board = `;

/** @returns what the compiler finds wrong, empty if nothing */
export function faultsOfBoardTypes(json: string): string[] {
  const file = join(ROOT, 'ops/check/board-under-test.ts');
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    target: ts.ScriptTarget.ES2022,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => name === file || fileExists(name);
  host.getSourceFile = (name, version) =>
    name === file ? ts.createSourceFile(name, PRELUDE + json, version) : getSourceFile(name, version);
  const program = ts.createProgram([file], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}
