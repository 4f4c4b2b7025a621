/** The public declarations of every entry, as the TypeScript compiler reads those that the build wrote. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** Folder of the declarations that the build writes. */
const TYPES = '/dist/types/';

/** What its comment says of a declaration. */
export interface Comment {
  summary: string;
  params: readonly { name: string; text: string }[];
  returns: string;
  throws: readonly string[];
}

export interface Member extends Comment {
  /** As it is declared, without modifiers that only the compiler needs. */
  signature: string;
  /** Of an option that is an object itself. */
  fields: readonly Member[];
}

export type Kind = 'class' | 'function' | 'constant' | 'interface' | 'type';

export interface Declaration extends Comment {
  name: string;
  kind: Kind;
  /** Each way to call it, or the one way it is declared; of classes and interfaces what they extend. */
  signatures: readonly string[];
  members: readonly Member[];
}

export interface Entry {
  /** As it is imported: `kll-wasm/formats`. */
  name: string;
  declarations: readonly Declaration[];
}

/** @param root folder of the package, built */
export function readEntries(root: string): Entry[] {
  const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const typed = Object.entries<{ types?: string }>(exports).filter(([, { types }]) => types);
  const files = typed.map(([, { types }]) => join(root, types!));
  // What Node, pages and Workers declare besides is printed by name, and need not be read.
  const program = ts.createProgram(files, {
    lib: ['lib.es2022.d.ts'],
    types: [],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  });
  const checker = program.getTypeChecker();
  const exported = files.map((file) => {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    if (!module) throw new Error(`${file} is missing: npm run build writes it`);
    return checker.getExportsOfModule(module);
  });
  const publicNames = new Set(exported.flat().map((symbol) => symbol.name));
  return typed.map(([subpath], i) => ({
    name: join(name, subpath),
    declarations: exported[i]
      .map((symbol) => declarationOf(symbol, checker, publicNames))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  }));
}

function declarationOf(
  exported: ts.Symbol,
  checker: ts.TypeChecker,
  publicNames: ReadonlySet<string>,
): Declaration {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const nodes = symbol.declarations ?? [];
  const [node] = nodes;
  const { name } = exported;
  const common = { name, ...commentOf(symbol, checker) };
  if (ts.isFunctionDeclaration(node)) {
    return { ...common, kind: 'function', signatures: nodes.map(textOf), members: [] };
  }
  if (ts.isVariableDeclaration(node)) {
    return { ...common, kind: 'constant', signatures: [`const ${textOf(node)}`], members: [] };
  }
  if (ts.isTypeAliasDeclaration(node)) {
    return { ...common, kind: 'type', signatures: [resolved(node, checker)], members: [] };
  }
  if (ts.isInterfaceDeclaration(node)) {
    // Bases that no entry gives out are told with it.
    const bases = basesOf(node).map((type) => ({
      type,
      symbol: checker.getSymbolAtLocation(type.expression),
    }));
    const isOut = (base: ts.Symbol | undefined) => !base || publicNames.has(base.name) || !isInterface(base);
    const hidden = bases
      .filter((base) => !isOut(base.symbol))
      .map(({ type }) => checker.getTypeAtLocation(type));
    const symbols = [
      ...hidden.flatMap((type) => checker.getPropertiesOfType(type)),
      ...symbolsOf(node.members, checker),
    ];
    return {
      ...common,
      kind: 'interface',
      signatures: bases.filter((base) => isOut(base.symbol)).map(({ type }) => type.getText()),
      members: membersOf(symbols, checker),
    };
  }
  if (ts.isClassDeclaration(node)) {
    const statics = checker.getPropertiesOfType(checker.getTypeOfSymbol(symbol));
    const own = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol));
    const constructors = symbol.members?.get(ts.InternalSymbolName.Constructor);
    const members = membersOf([...(constructors ? [constructors] : []), ...statics, ...own], checker);
    return { ...common, kind: 'class', signatures: basesOf(node).map((type) => type.getText()), members };
  }
  throw new Error(`${name}: a declaration of another kind: ${ts.SyntaxKind[node.kind]}`);
}

/** What an interface or a class adds to. */
function basesOf(node: ts.InterfaceDeclaration | ts.ClassDeclaration) {
  return (node.heritageClauses ?? []).flatMap(({ types }) => types);
}

/** Whether a name stands for an interface, looked up through the imports of its file. */
function isInterface(symbol: ts.Symbol): boolean {
  return (symbol.declarations ?? []).some(
    (node) => ts.isInterfaceDeclaration(node) || ts.isImportSpecifier(node),
  );
}

function membersOf(symbols: readonly ts.Symbol[], checker: ts.TypeChecker): Member[] {
  return symbols.flatMap((symbol) => {
    const comment = commentOf(symbol, checker);
    return (symbol.declarations ?? [])
      .filter((node) => isPublic(node) && !ts.isSetAccessorDeclaration(node) && !ts.isClassDeclaration(node))
      .map((node) => ({ signature: textOf(node), fields: fieldsOf(node, checker), ...comment }));
  });
}

function fieldsOf(node: ts.Declaration, checker: ts.TypeChecker): Member[] {
  if (!ts.isPropertySignature(node) || !node.type) return [];
  // `{ ... } | undefined` is an object that may be left out.
  const types = ts.isUnionTypeNode(node.type) ? node.type.types : [node.type];
  return types.flatMap((type) =>
    ts.isTypeLiteralNode(type) ? membersOf(symbolsOf(type.members, checker), checker) : [],
  );
}

function symbolsOf(members: readonly ts.TypeElement[], checker: ts.TypeChecker): ts.Symbol[] {
  return members.map((member) => checker.getSymbolAtLocation(member.name!)!);
}

/** A type by what it is, where it is declared by the values of a constant that nobody else sees. */
function resolved(node: ts.TypeAliasDeclaration, checker: ts.TypeChecker): string {
  const text = textOf(node);
  if (!text.includes('typeof ')) return text;
  const flags = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias;
  const type = checker.typeToString(checker.getTypeAtLocation(node), undefined, flags);
  return type.includes('{') ? text : `type ${node.name.text} = ${type}`;
}

/** Whether a member is ours, and everybody's: what Error or a platform's class has is told elsewhere. */
function isPublic(node: ts.Declaration): boolean {
  if (!node.getSourceFile().fileName.includes(TYPES)) return false;
  const name = ts.getNameOfDeclaration(node);
  if (name && ts.isPrivateIdentifier(name)) return false;
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return (ts.getCombinedModifierFlags(node) & hidden) === 0;
}

/** A declaration in one line, without comments. */
function textOf(node: ts.Declaration): string {
  const text = ts
    .createPrinter({ removeComments: true })
    .printNode(ts.EmitHint.Unspecified, node, node.getSourceFile());
  return text
    .replace(/^(export |declare |abstract |override )+/, '')
    .replace(/^(static )?override /, '$1')
    .replace(/^get (\w+)\(\)/, 'readonly $1')
    .replaceAll(/\s+/g, ' ')
    .replace(/;$/, '');
}

function commentOf(symbol: ts.Symbol, checker: ts.TypeChecker): Comment {
  const tags = symbol.getJsDocTags(checker);
  const textsOf = (name: string) =>
    tags.filter((tag) => tag.name === name).map((tag) => inOneLine(ts.displayPartsToString(tag.text)));
  return {
    summary: inOneLine(ts.displayPartsToString(symbol.getDocumentationComment(checker))),
    params: tags
      .filter((tag) => tag.name === 'param')
      .map(({ text = [] }) => {
        const whole = inOneLine(ts.displayPartsToString(text));
        const [name] = whole.split(' ', 1);
        return { name, text: whole.slice(name.length + 1) };
      }),
    returns: textsOf('returns').join(' '),
    throws: textsOf('throws'),
  };
}

function inOneLine(text: string): string {
  return text
    .replaceAll(/\{@link (\w+)\}/g, '`$1`')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
