/** docs/api.md: every public export of every entry, behind the examples of examples.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Comment,
  type Declaration,
  type Entry,
  type Kind,
  type Member,
  readEntries,
} from './declarations.js';

const KINDS: readonly (readonly [Kind, title: string])[] = [
  ['class', 'Classes'],
  ['function', 'Functions'],
  ['constant', 'Constants'],
  ['interface', 'Interfaces'],
  ['type', 'Types'],
];
/** Tables of names are longer than anybody reads here. */
const LONGEST_TYPE = 400;

const INTRODUCTION = `# API

Every public export of every entry, as its declarations say; \`npm run docs:api\` writes this file. Codes of errors: [errors.md](errors.md).
`;

/** @param root folder of the package, built */
export function apiDocument(root: string): string {
  const examples = readExamples(root);
  const parts = readEntries(root).map((entry) => {
    const example = examples.get(entry.name);
    if (!example) throw new Error(`build/api/examples.md has no section ${entry.name}`);
    return [`## ${entry.name}`, example, ...sectionsOf(entry)].join('\n\n');
  });
  return `${[INTRODUCTION.trimEnd(), ...parts].join('\n\n')}\n`;
}

/** What examples.md says of each entry. */
export function readExamples(root: string): Map<string, string> {
  const text = readFileSync(join(root, 'build/api/examples.md'), 'utf8');
  return new Map(
    text
      .split(/^## /m)
      .slice(1)
      .map((section) => {
        const end = section.indexOf('\n');
        return [section.slice(0, end), section.slice(end).trim()];
      }),
  );
}

function sectionsOf({ declarations }: Entry): string[] {
  return KINDS.flatMap(([kind, title]) => {
    const of = declarations.filter((one) => one.kind === kind);
    return of.length === 0 ? [] : [`### ${title}`, ...of.map(describe)];
  });
}

function describe(declaration: Declaration): string {
  const { name, kind, signatures, members, summary } = declaration;
  const lines = [`#### \`${name}\``, ''];
  if (kind === 'class' || kind === 'interface') {
    if (summary) lines.push(summary, '');
    if (kind === 'interface' && signatures.length > 0)
      lines.push(`Adds to \`${signatures.join(', ')}\`.`, '');
    if (signatures.some((base) => base.startsWith('DurableObject'))) {
      lines.push(
        'Exported for the binding of its name. Its methods are for the Worker and the other objects alone.',
      );
      return lines.join('\n');
    }
    lines.push(...members.flatMap((member) => listed(member)));
  } else {
    lines.push('```ts', ...signatures.map(shortened), '```', '');
    lines.push([summary, ...detailsOf(declaration)].filter(Boolean).join(' '));
  }
  return lines.join('\n').trimEnd();
}

function listed(member: Member, indent = ''): string[] {
  const said = [member.summary, ...detailsOf(member)].filter(Boolean).join(' ');
  return [
    `${indent}- \`${member.signature}\`${said ? `: ${said}` : ''}`,
    ...member.fields.flatMap((field) => listed(field, `${indent}  `)),
  ];
}

function detailsOf({ params, returns, throws }: Comment): string[] {
  return [
    ...params.map(({ name, text }) => `\`${name}\`: ${sentence(text)}`),
    returns && `Returns ${sentence(returns)}`,
    ...throws.map((text) => `Throws ${sentence(text)}`),
  ].filter(Boolean);
}

const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`);

function shortened(signature: string): string {
  return signature.length > LONGEST_TYPE ? signature.replace(/\{.*\}/, '{ ... }') : signature;
}
