import { roles, type Role } from '@baton/kernel';

/** Who may read a field or call an operation. */
export interface AccessRule {
  /** `Query.leads`, `Mutation.captureLead`, `Subscription.slaBoardChanges`, `Export.log`, or a field: `Lead.email`. */
  readonly name: string;
  /** In the order of the roles; never empty. */
  readonly roles: readonly Role[];
  /** Its value is personal: roles that are not named are answered null. */
  readonly personal: boolean;
}
/**
 * The names, sorted, that the same roles may read or call: a matrix has some thousand names and few of these. In the form
 * that events have.
 */
export interface AccessGrant {
  readonly roles: Role[];
  readonly personal: boolean;
  readonly names: string[];
}
/** From one matrix to the next. */
export interface AccessChange {
  /** What is new, or is granted to other roles than before. */
  readonly granted: AccessGrant[];
  /** What there is no more. */
  readonly removed: string[];
}

const byText = (a: string, b: string): number => (a < b ? -1 : 1);
const keyOf = ({ roles: granted, personal }: Pick<AccessRule, 'roles' | 'personal'>): string =>
  `${granted.map((role) => roles.indexOf(role)).join('')}${personal ? 'p' : ''}`;

/** The one form of a matrix: equal rules, in whatever order, give equal grants. */
export const grantsOf = (rules: readonly AccessRule[]): AccessGrant[] => {
  const groups = new Map<string, AccessGrant>();
  for (const { name, roles: granted, personal } of rules) {
    const key = keyOf({ roles: granted, personal });
    const group = groups.get(key);
    if (group) group.names.push(name);
    else groups.set(key, { roles: [...granted], personal, names: [name] });
  }
  return [...groups]
    .sort(([a], [b]) => byText(a, b))
    .map(([, grant]) => ({ ...grant, names: grant.names.sort(byText) }));
};

/** The rules of some grants, by name. */
export const rulesOf = (grants: readonly AccessGrant[]): readonly AccessRule[] =>
  grants
    .flatMap(({ names, roles: granted, personal }) => names.map((name) => ({ name, roles: granted, personal })))
    .sort((a, b) => byText(a.name, b.name));

/** What changes from one matrix to another; both empty if they are equal. */
export const changeOf = (before: readonly AccessGrant[], after: readonly AccessGrant[]): AccessChange => {
  const [old, wanted] = [before, after].map((grants) => new Map(rulesOf(grants).map((rule) => [rule.name, rule])));
  const isNew = (rule: AccessRule) => {
    const known = old!.get(rule.name);
    return !known || keyOf(known) !== keyOf(rule);
  };
  return {
    granted: grantsOf([...wanted!.values()].filter(isNew)),
    removed: [...old!.keys()].filter((name) => !wanted!.has(name)),
  };
};

/** The matrix after a change. */
export const withChange = (before: readonly AccessGrant[], { granted, removed }: AccessChange): AccessGrant[] => {
  const rules = new Map(rulesOf(before).map((rule) => [rule.name, rule]));
  for (const name of removed) rules.delete(name);
  for (const rule of rulesOf(granted)) rules.set(rule.name, rule);
  return grantsOf([...rules.values()]);
};
