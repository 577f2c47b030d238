import { callerOrigins, field, objectFields, Refused, roleNames, roles } from '@baton/kernel';
import { report } from '@baton/platform/report';

export const meReport = report({
  name: 'me',
  description: 'Who calls: the name under which it acts, and what it may do.',
  ...{ allow: roles, asOf: false },
  arguments: {},
  answer: field.object(
    objectFields('Me', 'Who calls, as this key or token says.', {
      name: field.text('The actor of every event that this caller makes.'),
      roles: field.enum(roleNames, 'What the caller may do.', { list: true }),
      origin: field.enum(callerOrigins, 'What the caller is.'),
    }),
    'The caller.',
  ),
  ask: (_, { caller: { actor, roles: granted, origin } }) => ({ name: actor, roles: granted, origin }),
});

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
