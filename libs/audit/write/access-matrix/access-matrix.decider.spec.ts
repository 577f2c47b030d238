import { contentHash } from '@baton/kernel';
import { specFor } from '@baton/kernel/testing';
import { accessMatrixDecider } from './access-matrix.decider';
import { changeOf, grantsOf, rulesOf, withChange, type AccessRule } from './access-matrix.rules';

const given = specFor(accessMatrixDecider);
const rule = (name: string, roles: AccessRule['roles'], personal = false): AccessRule => ({ name, roles, personal });
const email = rule('Lead.email', ['sales', 'admin'], true);
const leads = rule('Query.leads', ['marketing', 'sales', 'admin']);
const deals = rule('Query.deals', ['marketing', 'sales', 'admin']);
const record = (release: string, ...rules: AccessRule[]) => ({
  type: 'RecordAccessMatrix' as const,
  data: { matrixId: 'access', release, grants: grantsOf(rules) },
});
const changed = (release: string, whole: AccessRule[], granted: AccessRule[], removed: string[] = []) => ({
  type: 'AccessMatrixChanged' as const,
  data: {
    ...{ matrixId: 'access', release, digest: contentHash(grantsOf(whole)) },
    ...{ changes: granted.length + removed.length, granted: grantsOf(granted), removed },
  },
});
const first = changed('1.0.0', [email, leads], [email, leads]);

describe('the access matrix', () => {
  it('is recorded as a whole at first', () =>
    given()
      .when(record('1.0.0', email, leads))
      .then(first));
  it('is recorded once, in whatever order and by whichever release it is declared', () =>
    given(first)
      .when(record('2.0.0', leads, email))
      .then());
  it('is recorded again with what is new, what other roles may read, and what is gone', () => {
    const open = rule('Lead.email', ['marketing', 'sales', 'admin'], true);
    return given(first)
      .when(record('2.0.0', open, deals))
      .then(changed('2.0.0', [open, deals], [open, deals], ['Query.leads']));
  });
  it('is recorded again where a value becomes personal', () => {
    const personal = { ...leads, personal: true };
    return given(first)
      .when(record('2.0.0', email, personal))
      .then(changed('2.0.0', [email, personal], [personal]));
  });
  it('is recorded again where it turns back', () => {
    const second = changed('2.0.0', [email, leads, deals], [deals]);
    return given(first, second)
      .when(record('1.0.0', email, leads))
      .then(changed('1.0.0', [email, leads], [], ['Query.deals']));
  });
});

describe('a change of the matrix', () => {
  it('leads from one to the other', () => {
    const [before, after] = [grantsOf([email, leads]), grantsOf([deals, { ...email, personal: false }])];
    expect(withChange(before, changeOf(before, after))).toEqual(after);
    expect(rulesOf(after).map(({ name }) => name)).toEqual(['Lead.email', 'Query.deals']);
    expect(changeOf(after, after)).toEqual({ granted: [], removed: [] });
  });
});
