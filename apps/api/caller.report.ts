import {
  callerOrigins,
  field,
  objectFields,
  Refused,
  roleNames,
  roles,
  type ContextParts,
  type Report,
  type Role,
} from '@baton/kernel';
import { operationsOf, type DeclaredOperation } from '@baton/audit';
import { readsPersonal } from '@baton/platform/access';
import { report } from '@baton/platform/report';

/** What the contexts let a caller with these roles do: an admin everything. */
const permissionsOf = (operations: readonly DeclaredOperation[], granted: readonly Role[]) => {
  const may = (allow: readonly Role[]) => allow.some((role) => granted.includes(role) || granted.includes('admin'));
  const allowed = operations.filter(({ allow }) => may(allow));
  const mutations = allowed.filter(({ kind }) => kind === 'Mutation').map(({ name }) => name);
  const others = allowed.filter(({ kind }) => kind !== 'Mutation').map(({ name }) => name);
  return {
    mutations: mutations.sort(),
    queries: [...new Set([...others, 'me'])].sort(),
    personal: readsPersonal({ roles: granted }),
  };
};

/** Who calls, and what that caller may do of what these contexts offer. */
export const meReport = (contexts: readonly ContextParts[]): Report => {
  const operations = operationsOf(contexts);
  return report({
    name: 'me',
    description: 'Who calls: the name under which it acts, and what it may do.',
    ...{ allow: roles, asOf: false },
    arguments: {},
    answer: field.object(
      objectFields('Me', 'Who calls, as this key or token says.', {
        actor: field.id('The actor of every event that this caller makes.', {
          ...{ entity: 'Colleague', entityName: 'colleague' },
        }),
        roles: field.enum(roleNames, 'The roles that were granted.', { list: true }),
        origin: field.enum(callerOrigins, 'What the caller is.'),
        can: field.object(
          objectFields('Permissions', 'What the caller may do with its roles.', {
            mutations: field.text('The mutations that it may send, by name.', { list: true }),
            queries: field.text('The queries and subscriptions that it may ask, by name.', { list: true }),
            personal: field.flag('Whether it is shown names, addresses and other personal values.'),
          }),
          'What the caller may do.',
        ),
      }),
      'The caller.',
    ),
    ask: (_, { caller: { actor, roles: granted, origin } }) => ({
      ...{ actor, roles: granted, origin, can: permissionsOf(operations, granted) },
    }),
  });
};

export const revisionReport = report({
  name: 'revision',
  description: 'The revision of a stream, to be given as `expectedRevision`; null where nothing was recorded of it.',
  ...{ allow: roles, asOf: false },
  arguments: {
    stream: field.id('The kind of what a mutation speaks to, and its id: `lead-ada`, `opportunity-d1`.', { max: 200 }),
  },
  answer: field.integer('The revision.', { nullable: true }),
  ask: async ({ stream }, { sources: { log } }) => {
    if (!/^[a-z]+(-[a-z]+)*-./.test(stream))
      throw new Refused('stream/bad-name', 'stream must be a kind and an id, such as lead-ada.', 'stream');
    return (await log.revisionOf(stream)) ?? null;
  },
});
