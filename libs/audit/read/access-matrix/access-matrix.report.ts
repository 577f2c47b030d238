import { field, NotFound, objectFields, roleNames, type ObjectOf } from '@baton/kernel';
import { pageOf } from '@baton/platform/documents';
import { pageField, report } from '@baton/platform/report';
import { MATRIX_ID } from '../../write/access-matrix/access-matrix.events';
import { rulesOf } from '../../write/access-matrix/access-matrix.rules';
import { accessMatrix } from './access-matrix.projection';

const accessRule = objectFields('AccessRule', 'Who may read a field, call an operation or ask for an export.', {
  type: field.text('The type of the answer that has the field; or `Query`, `Mutation`, `Subscription`, `Export`.'),
  name: field.text('The field, the operation, or what is exported: `email`, `leads`, `captureLead`, `log`.'),
  roles: field.enum(roleNames, 'The roles that may.', { list: true }),
  personal: field.flag(
    'Whether its values are personal: other roles are answered null, unless one is opened for them (`openPersonal`).',
  ),
});
const accessMatrixAnswer = objectFields('AccessMatrix', 'Who may read and call what, as servers enforced it.', {
  recordedAt: field.instant('When the first server started with it.'),
  release: field.text('The version of the code of that server.'),
  digest: field.text('SHA-256 of the canonical JSON of the whole matrix, in hex: equal for equal matrices.'),
  rules: pageField(accessRule, 'The rules, by type and name.'),
});
const optional = { optional: true, max: 200 } as const;

export const accessMatrixReport = report({
  name: 'accessMatrix',
  description:
    'Who may read each field, call each operation and ask for each export: now, or as of a past point. A server records it when it starts with another one than the server before.',
  allow: ['auditor'],
  arguments: {
    type: field.text(
      'Only the fields of this type: `Lead`; or only `Query`, `Mutation`, `Subscription`, `Export`.',
      optional,
    ),
    name: field.text('Only what has this name: `email`, `leads`.', optional),
    role: field.enum(roleNames, 'Only what this role may read or call.', { optional: true }),
    personal: field.flag('Only what is personal, or only what is not.', { optional: true }),
  },
  answer: field.object(accessMatrixAnswer, 'The matrix.'),
  ask: async ({ type, name, role, personal }, { models, live }) => {
    const found = await models.get(accessMatrix, MATRIX_ID);
    if (!found) {
      const first = (await live.get(accessMatrix, MATRIX_ID))?.firstRecordedAt;
      const known = first === undefined ? 'Start a server, which records its own' : `The first one is of ${first}`;
      throw new NotFound('access/no-matrix', `No access matrix was recorded by then. ${known}.`, 'asOf');
    }
    const named = rulesOf(found.grants)
      .map(({ name: whole, ...rule }): ObjectOf<typeof accessRule.fields> => {
        const end = whole.indexOf('.');
        return { type: whole.slice(0, end), name: whole.slice(end + 1), ...rule };
      })
      .filter((rule) => (type === undefined || rule.type === type) && (name === undefined || rule.name === name));
    if (named.length === 0) {
      const [path, asked] = type === undefined ? ['name', name!] : ['type', `${type}${name ? `.${name}` : ''}`];
      throw new NotFound('access/not-in-matrix', `This access matrix has no ${asked}.`, path);
    }
    const rules = named.filter(
      (rule) =>
        (role === undefined || rule.roles.includes(role)) && (personal === undefined || rule.personal === personal),
    );
    const { recordedAt, release, digest } = found;
    return { recordedAt, release, digest, rules: (page) => pageOf(rules, page, (rule) => `${rule.type}.${rule.name}`) };
  },
});
