import {
  entityNameOf,
  isPersonalField,
  isReadModel,
  roles,
  type ContextParts,
  type Fields,
  type ReadModel,
  type Role,
} from '@baton/kernel';
import { readsPersonal } from '@baton/platform/access';
import type { AccessRule } from '../../write/access-matrix/access-matrix.rules';
import { exportable } from '../export/export-sources';
import { exportRoles, grantRoles } from '../export/export.rules';
import { exportableReports } from '../export/report-source';

type Contexts = readonly ContextParts[];
/** A query, mutation or subscription, and the roles that its declaration allows; an admin may call each. */
export interface DeclaredOperation {
  readonly kind: 'Query' | 'Mutation' | 'Subscription';
  readonly name: string;
  readonly allow: readonly Role[];
}

const readModelsOf = (contexts: Contexts): readonly ReadModel[] =>
  contexts.flatMap(({ projections }) => projections.filter(isReadModel));

/** The operations that contexts declare. Commands that only Baton sends are none. */
export const operationsOf = (contexts: Contexts): readonly DeclaredOperation[] => [
  ...readModelsOf(contexts).flatMap(({ shown: { one, lists, allow } }) =>
    [...(one ? [one.name] : []), ...Object.keys(lists)].map((name) => ({ kind: 'Query' as const, name, allow })),
  ),
  ...contexts.flatMap(({ reports = [] }) =>
    reports.map(({ name, allow }) => ({ kind: 'Query' as const, name, allow })),
  ),
  ...contexts.flatMap(({ subscriptions = [] }) =>
    subscriptions.map(({ name, allow }) => ({ kind: 'Subscription' as const, name, allow })),
  ),
  ...contexts.flatMap(({ aggregates }) =>
    aggregates.flatMap(({ commands }) =>
      [...commands.schemas.values()]
        .filter(({ allow }) => allow.length > 0)
        .map(({ type, allow }) => ({
          ...{ kind: 'Mutation' as const, name: type.charAt(0).toLowerCase() + type.slice(1), allow },
        })),
    ),
  ),
];

const granted = (allow: readonly Role[]): readonly Role[] =>
  roles.filter((role) => role === 'admin' || allow.includes(role));

/** The roles that are given each field of the answers: those that may ask a question which leads to it. */
class FieldAccess {
  private readonly fields = new Map<string, { readonly roles: Set<Role>; readonly personal: boolean }>();
  private readonly models: ReadonlyMap<string, ReadModel>;

  constructor(models: readonly ReadModel[]) {
    this.models = new Map(models.map((model) => [model.shown.node, model]));
  }

  /** @param may who is given the object that has these fields */
  add(type: string, fields: Fields, may: readonly Role[]): void {
    for (const [name, field] of Object.entries(fields)) {
      const { options, object } = field;
      const allowed = options.allow && granted(options.allow);
      const within = allowed ? may.filter((role) => allowed.includes(role)) : may;
      if (!options.hidden) this.grant(`${type}.${name}`, within, isPersonalField(field));
      if (options.entity) {
        const model = this.models.get(options.entity);
        const follows = model ? granted(model.shown.allow) : roles;
        const followed = may.filter((role) => follows.includes(role));
        this.grant(`${type}.${entityNameOf(name, field)}`, followed, false);
      }
      if (object && !options.hidden) this.add(object.name, object.fields, within);
    }
  }

  private grant(name: string, may: readonly Role[], personal: boolean): void {
    const known = this.fields.get(name) ?? { roles: new Set(), personal };
    this.fields.set(name, known);
    for (const role of may) if (!personal || readsPersonal({ roles: [role] })) known.roles.add(role);
  }

  rules(): readonly AccessRule[] {
    return [...this.fields].map(([name, { roles: may, personal }]) => ({ name, roles: inOrder(may), personal }));
  }
}
const inOrder = (may: ReadonlySet<Role>): readonly Role[] => roles.filter((role) => may.has(role));

/**
 * The access matrix of this code: who may call each operation, ask for each export, and read each field of an answer, all
 * from the declarations that the server enforces.
 * @param contexts everything that is served, with what belongs to no context
 */
export const declaredAccess = (contexts: Contexts): readonly AccessRule[] => {
  const models = readModelsOf(contexts);
  const access = new FieldAccess(models);
  for (const { shown } of models) {
    const computed = Object.entries(shown.computed ?? {}).map(([name, { field }]) => [name, field] as const);
    access.add(shown.node, { ...shown.fields, ...Object.fromEntries(computed) }, granted(shown.allow));
  }
  for (const { to, fields } of contexts.flatMap(({ contributions = [] }) => contributions))
    access.add(to.shown.node, fields, granted(to.shown.allow));
  const reports = contexts.flatMap((context) => context.reports ?? []);
  for (const { answer, allow } of reports)
    if (answer.object) access.add(answer.object.name, answer.object.fields, granted(allow));
  for (const { answer, allow } of contexts.flatMap(({ subscriptions = [] }) => subscriptions))
    access.add(answer.name, answer.fields, granted(allow));

  const operations = operationsOf(contexts);
  const sendable = new Set(operations.flatMap(({ kind, allow }) => (kind === 'Mutation' ? allow : [])));
  const operation = (name: string, allow: readonly Role[]) => ({ name, roles: granted(allow), personal: false });
  const exported = (name: string, allow: readonly Role[] = roles, to = exportRoles) =>
    operation(
      `Export.${name}`,
      to.filter((role) => allow.includes(role)),
    );
  return [
    ...operations.map(({ kind, name, allow }) => operation(`${kind}.${name}`, allow)),
    // Both lead to what has roles of its own.
    operation('Query.node', roles),
    operation('Mutation.sendCommands', [...sendable]),
    exported('log'),
    ...[...exportable(contexts.flatMap(({ projections }) => projections))].flatMap(([name, { shown }]) => [
      exported(name, shown.allow),
      { ...exported(`${name}/openPersonal`, shown.allow, grantRoles), personal: true },
    ]),
    ...[...exportableReports(reports)].map(([name, { allow }]) => exported(`report/${name}`, allow)),
    ...access.rules(),
  ];
};
