import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isReadModel, type Contribution, type ListShape, type ReadModel, type Report } from '@baton/kernel';
import { accessParts } from '@baton/platform/access';
import { policyFollower, type FollowerNames } from '@baton/platform/at-tip';
import { contextParts } from '../contexts';
import { kebabOf } from './options';

/** A report or a list: what it tells, and the compiled file that declares it. */
export interface DeclaredPlace {
  readonly description: string;
  readonly file?: string;
  /** Of a list: the compiled files that declare what contexts contribute to it. */
  readonly contributions?: readonly string[];
}
/** What the contexts declare, by name. */
export interface Declared {
  readonly followers: FollowerNames;
  readonly reports: Readonly<Record<string, DeclaredPlace>>;
  readonly lists: Readonly<Record<string, DeclaredPlace>>;
}
/** A list of a read model. */
export interface DeclaredList {
  readonly model: ReadModel;
  readonly list: ListShape;
  readonly contributions: readonly Contribution[];
}

/** Written by the build, so that one question loads its own declaration and not those of all contexts. */
export const DECLARED_FILE = join(__dirname, 'declared.json');

const allParts = () => [accessParts, ...contextParts];
/** Reports that have a command of their own. */
const withOwnCommand = ['caseFile', 'events', 'slaCounterfactual', 'outbox'];
const allReports = (): ReadonlyMap<string, Report> =>
  new Map(
    allParts()
      .flatMap(({ reports = [] }) => reports)
      .filter(({ name }) => !withOwnCommand.includes(name))
      .map((report) => [kebabOf(report.name), report]),
  );
const contributionsTo = (model: ReadModel): readonly Contribution[] =>
  allParts()
    .flatMap(({ contributions = [] }) => contributions)
    .filter(({ to }) => to === model);
const allLists = (): ReadonlyMap<string, DeclaredList> =>
  new Map(
    allParts()
      .flatMap(({ projections }) => projections.filter(isReadModel))
      .flatMap((model) =>
        Object.entries(model.shown.lists).map(([name, list]): [string, DeclaredList] => [
          kebabOf(name),
          { model, list, contributions: contributionsTo(model) },
        ]),
      ),
  );

/** What the loaded contexts declare. @param fileOf the compiled file that exports a declaration */
export const declaredInContexts = (fileOf: (declaration: object) => string | undefined = () => undefined): Declared => {
  const place = (description: string, declaration: object): DeclaredPlace => {
    const file = fileOf(declaration);
    return { description, ...(file !== undefined && { file }) };
  };
  return {
    followers: {
      projections: allParts().flatMap(({ projections }) => projections.map(({ name, version }) => ({ name, version }))),
      policies: allParts().flatMap(({ policies }) => policies.map(policyFollower)),
    },
    reports: Object.fromEntries([...allReports()].map(([name, report]) => [name, place(report.description, report)])),
    lists: Object.fromEntries(
      [...allLists()].map(([name, { model, list, contributions }]) => [
        name,
        {
          ...place(list.description, model),
          contributions: [...new Set(contributions.flatMap((one) => fileOf(one) ?? []))],
        },
      ]),
    ),
  };
};

let known: Declared | undefined;
/** What the contexts declare: as the build wrote it down, else from the contexts. */
export const declared = (): Declared =>
  (known ??= existsSync(DECLARED_FILE)
    ? (JSON.parse(readFileSync(DECLARED_FILE, 'utf8')) as Declared)
    : declaredInContexts());

const exportsOf = async (file: string): Promise<readonly unknown[]> =>
  Object.values((await import(join(__dirname, file))) as Record<string, unknown>);
const hasName = (one: unknown, key: string): one is Record<string, unknown> =>
  typeof one === 'object' && one !== null && key in one;

/** @param name as `declared` has it */
export const loadReport = async (name: string): Promise<Report> => {
  const { file } = declared().reports[name]!;
  if (file === undefined) return allReports().get(name)!;
  const found = (await exportsOf(file)).find((one) => hasName(one, 'ask') && kebabOf(String(one['name'])) === name);
  return found as Report;
};
/** @param name as `declared` has it */
export const loadList = async (name: string): Promise<DeclaredList> => {
  const { file, contributions: files = [] } = declared().lists[name]!;
  if (file === undefined) return allLists().get(name)!;
  const contributing = (await Promise.all(files.map(exportsOf))).flat();
  for (const one of await exportsOf(file)) {
    if (!hasName(one, 'shown')) continue;
    const model = one as unknown as ReadModel;
    const found = Object.entries(model.shown.lists).find(([query]) => kebabOf(query) === name);
    const contributions = contributing.filter((each) => hasName(each, 'some') && each['to'] === model);
    if (found) return { model, list: found[1], contributions: contributions as unknown as readonly Contribution[] };
  }
  throw new Error(`${file} has no list ${name}: build again.`);
};
