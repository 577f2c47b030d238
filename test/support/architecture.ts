import { posix } from 'node:path';
import ts from 'typescript';

/** A source file: its path from the root of the repository, and its text. */
export interface Source {
  readonly path: string;
  readonly text: string;
}
/** A broken rule: `libs/leads/x.ts:3 [purity] …`. */
export type Violation = string;

interface Found {
  readonly what: string;
  readonly line: number;
}
interface Import extends Found {
  /** Types only: nothing remains at run time. */
  readonly typeOnly: boolean;
}
/** The facts of a file that the rules need. */
export interface Facts {
  readonly path: string;
  readonly imports: readonly Import[];
  /** Clock, random numbers, environment, timers and network, by the names in the source. */
  readonly impure: readonly Found[];
  /** Imports of the journal that opens personal values, and constructors that take it. */
  readonly openJournals: readonly (Found & { readonly injected: boolean })[];
}

const pureSuffix = /\.(events|decider|rules|projection|read-model|policy|model|fact|figure)\.ts$/;
const mayReadEnvironment = /^libs\/platform\/config\.ts$|^libs\/kernel\/testing\/|^test\/|^bench\//;
/** Opens personal values, and records nothing. */
const OPEN_JOURNAL = 'Journal';
/** Files that answer questions. */
const answers =
  /^libs\/(?!kernel\/|platform\/)[\w-]+\/(read|figures)\/|\.(report|query|read-model|contribution|resolver)\.ts$/;
const edges = /^(apps\/|libs\/platform\/graphql\/)/;
const looseFolders = ['common', 'shared', 'utils', 'helpers'];

const impureMembers: Readonly<Record<string, readonly string[]>> = {
  Date: ['now'],
  Math: ['random'],
  performance: ['now'],
  crypto: ['randomUUID', 'getRandomValues'],
  DateTime: ['now', 'local'],
};
const impureCalls = ['fetch', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'];

/** Reads the facts of a file from its syntax; comments and strings are ignored. */
export const factsOf = ({ path, text }: Source): Facts => {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const imports: Import[] = [];
  const impure: Found[] = [];
  const openJournals: (Found & { injected: boolean })[] = [];
  const at = (node: ts.Node, what: string): Found => ({
    what,
    line: file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1,
  });
  const imported = (node: ts.Node, from: ts.Node | undefined, typeOnly: boolean) => {
    if (from && ts.isStringLiteralLike(from)) imports.push({ ...at(node, from.text), typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) imported(node, node.moduleSpecifier, isTypeOnly(node.importClause));
    else if (ts.isImportSpecifier(node) && (node.propertyName ?? node.name).text === OPEN_JOURNAL)
      openJournals.push({ ...at(node, OPEN_JOURNAL), injected: false });
    else if (
      ts.isParameter(node) &&
      ts.isConstructorDeclaration(node.parent) &&
      node.type?.getText(file) === OPEN_JOURNAL
    )
      openJournals.push({ ...at(node, OPEN_JOURNAL), injected: true });
    else if (ts.isExportDeclaration(node)) imported(node, node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      imported(node, node.argument.literal, true);
    else if (ts.isExternalModuleReference(node)) imported(node, node.expression, false);
    else if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
      const [owner, member] = [node.expression.text, node.name.text];
      if (owner === 'process' || impureMembers[owner]?.includes(member)) impure.push(at(node, `${owner}.${member}`));
    } else if (ts.isNewExpression(node) && node.expression.getText(file) === 'Date' && !node.arguments?.length)
      impure.push(at(node, 'new Date()'));
    else if (ts.isVariableDeclaration(node) && node.initializer?.getText(file) === 'process')
      impure.push(at(node, `process.${node.name.getText(file)}`));
    else if (ts.isCallExpression(node)) {
      const callee = node.expression.getText(file);
      if (node.expression.kind === ts.SyntaxKind.ImportKeyword || callee === 'require')
        imported(node, node.arguments[0], false);
      if (impureCalls.includes(callee)) impure.push(at(node, `${callee}()`));
      if (['DateTime.utc', 'Date'].includes(callee) && node.arguments.length === 0)
        impure.push(at(node, `${callee}()`));
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return { path, imports, impure, openJournals };
};

const isTypeOnly = (clause: ts.ImportClause | undefined): boolean => {
  if (!clause) return false;
  if (clause.isTypeOnly) return true;
  const bindings = clause.namedBindings;
  return !clause.name && !!bindings && ts.isNamedImports(bindings) && bindings.elements.every((e) => e.isTypeOnly);
};

/** `leads` of `libs/leads/read/x.ts`; undefined outside libs. */
const libOf = (path: string): string | undefined => /^libs\/([^/]+)\//.exec(path)?.[1];
/** `{ lib: 'platform', door: 'documents' }` of `@baton/platform/documents`. */
const aliasOf = (what: string) => {
  const found = /^@baton\/([^/]+)(?:\/(.+))?$/.exec(what);
  return found && { lib: found[1]!, door: found[2] ?? '' };
};
/** The path of a relative import, without its suffix. */
const meant = (from: string, what: string): string | undefined =>
  what.startsWith('.') ? posix.join(posix.dirname(from), what) : undefined;

type Rule = (all: readonly Facts[]) => readonly Violation[];
const each =
  (check: (facts: Facts) => readonly (Found & { readonly why: string })[], name: string): Rule =>
  (all) =>
    all.flatMap((facts) =>
      check(facts).map(({ what, line, why }) => `${facts.path}:${line} [${name}] ${what}: ${why}`),
    );

const purity = each(
  ({ path, impure }) =>
    pureSuffix.test(path)
      ? impure.map((found) => ({ ...found, why: 'a pure file has no clock, chance, environment, timer or network' }))
      : [],
  'purity',
);

const environment = each(
  ({ path, impure }) =>
    mayReadEnvironment.test(path)
      ? []
      : impure
          .filter(({ what }) => /^process\.(env$|\{[^}]*\benv\b)/.test(what))
          .map((found) => ({ ...found, why: 'only libs/platform/config.ts reads the environment' })),
  'environment',
);

/** What is shown of a person must be recorded before, so nobody who answers may open it by itself. */
const journals = each(
  ({ path, openJournals }) =>
    path.endsWith('.spec.ts')
      ? []
      : openJournals
          .filter(({ injected }) => (injected ? edges.test(path) : answers.test(path)))
          .map((found) => ({
            ...found,
            why: 'it opens personal values and records nothing; take a ClosedJournal, and PersonalReads to open them',
          })),
  'journals',
);

const contexts: Rule = (all) => {
  const paths = new Set(all.map(({ path }) => path));
  const libs = new Set([...paths].flatMap((path) => libOf(path) ?? []));
  return [...libs].flatMap((lib) => {
    // A context exists once it has an index.ts: until then nobody can import it.
    if (['kernel', 'platform', 'sla-clocks'].includes(lib) || !paths.has(`libs/${lib}/index.ts`)) return [];
    return ['README.md', `${lib}.module.ts`]
      .filter((name) => !paths.has(`libs/${lib}/${name}`))
      .map((name) => `libs/${lib}:1 [contexts] ${name}: missing`);
  });
};

/** Where files of a suffix are registered: a list that the platform reads, or a table of a library. */
const registers: readonly { readonly what: RegExp; readonly where: RegExp }[] = [
  // Files that follow the log for the runner itself are not part of a context.
  {
    what: /\.(projection|read-model|contribution|report|policy|decider)\.ts$/,
    where:
      /^libs\/([\w-]+\/[\w-]+|platform\/\w+\/[\w-]+)\.module\.ts$|^libs\/platform\/(\w+\/index|runner\/runner)\.ts$|^apps\/api\/schema-modules\.ts$/,
  },
  { what: /\.figure\.ts$/, where: /^libs\/insights\/figures\/catalogue\.rules\.ts$/ },
  { what: /^libs\/(?!platform\/)[\w-]+\/[\w-]+\.module\.ts$/, where: /^apps\/contexts\.ts$/ },
  {
    what: /^libs\/attribution\/models\/[\w-]+\.model\.ts$/,
    where: /^libs\/attribution\/(index|models\/(models\.rules|[\w-]+\.model))\.ts$/,
  },
];

/** An unregistered file compiles, passes its spec, and is never run. */
const registered: Rule = (all) => {
  const paths = new Set(all.map(({ path }) => path));
  return registers.flatMap(({ what, where }) => {
    const known = new Set(
      all
        .filter(({ path }) => where.test(path))
        .flatMap(({ path, imports }) =>
          imports.filter(({ typeOnly }) => !typeOnly).flatMap((each) => fileOf(path, each.what, paths) ?? []),
        ),
    );
    return [...paths]
      .filter((path) => what.test(path) && !known.has(path))
      .map(
        (path) =>
          `${path}:1 [registered] nobody registers it: list it in the module of its context, and a module of a context in the lists of apps`,
      );
  });
};

const folders: Rule = (all) =>
  all.flatMap(({ path }) =>
    path
      .split('/')
      .slice(0, -1)
      .filter((folder) => looseFolders.includes(folder))
      .map((folder) => `${path}:1 [folders] ${folder}: says nothing of its content; name it in the field's words`),
  );

/** The imported file, among the existing ones; undefined outside the repository. */
const fileOf = (from: string, what: string, paths: ReadonlySet<string>): string | undefined => {
  const alias = aliasOf(what);
  const base = alias ? posix.join('libs', alias.lib, alias.door) : meant(from, what);
  if (base === undefined) return undefined;
  const stem = base.replace(/\.js$/, '');
  return [base, `${stem}.ts`, `${stem}/index.ts`].find((path) => paths.has(path));
};

/** Every rule by name. Each takes the facts of all files and returns the violations. */
export const rules = {
  purity,
  environment,
  contexts,
  registered,
  folders,
  journals,
} satisfies Record<string, Rule>;

/** Each file is parsed once for all rules. */
const factsBySource = new WeakMap<Source, Facts>();

/** @returns the violations of all rules, or of one */
export const violationsOf = (sources: readonly Source[], only?: keyof typeof rules): readonly Violation[] => {
  const facts = sources.map((source) => {
    const known = factsBySource.get(source) ?? factsOf(source);
    factsBySource.set(source, known);
    return known;
  });
  return (only ? [rules[only]] : Object.values(rules)).flatMap((rule) => rule(facts));
};
