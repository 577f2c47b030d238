import {
  enumeration,
  field,
  objectFields,
  passesFilter,
  roles,
  type ObjectOf,
  type ParkedSequence,
} from '@baton/kernel';
import { pageOf } from '@baton/platform/documents';
import { report, subscription } from '@baton/platform/report';
import type { FollowerStatus, Runner } from '@baton/platform/runner';
import { positionsOf } from '@baton/platform/snapshots';

const parked = objectFields(
  'ParkedSequence',
  'A sequence of events that waits because one of them could not be handled.',
  {
    follower: field.text('The generation of the read model, the policy or the effect that waits.'),
    sequence: field.text('The document, or the stream.'),
    position: field.text('Position of the event at fault.'),
    eventId: field.text('Id of the event at fault.'),
    code: field.text('Why.'),
    message: field.text('The same in words.'),
  },
);
const kinds = enumeration<FollowerStatus['kind']>('FollowerKind', 'What a follower of the log makes of the events.', {
  'read model': 'Documents that queries are answered from.',
  policy: 'Commands.',
  effect: 'Messages to another system.',
});
const follower = objectFields('FollowerStatus', 'How far a read model, a policy or an effect has followed the log.', {
  name: field.text('The generation of the read model, or the policy.'),
  kind: field.enum(kinds, 'What it makes of the events.'),
  position: field.text('Everything up to here is handled.'),
  atTip: field.flag('Is that the end of the log?'),
  count: field.integer('Events it has taken.'),
  digest: field.text('Sum of hashes of (position, id) of those events, mod 2^128, hex.'),
  holder: field.text('The process that runs it.', { nullable: true }),
  parked: field.object(parked, 'What waits behind an event that could not be handled.', { list: true }),
});
const statusAt = objectFields('StatusAt', 'How far everything had come at a moment.', {
  position: field.text('The end of the log then; give it as `after` to go on from here.'),
  followers: field.object(follower, 'Every read model and policy.', { list: true }),
});

const statusOf = async (runner: Runner): Promise<readonly ObjectOf<(typeof follower)['fields']>[]> =>
  (await runner.status()).map(({ holder = null, ...status }) => ({ ...status, holder }));

/** The platform waits for it before it asks. */
const atLeastArgument = {
  atLeast: field.text(
    'Wait until the read models contain everything up to this position (from the answer of a mutation).',
    { optional: true },
  ),
} as const;

export const statusReport = report({
  name: 'status',
  description: 'How far every read model and policy has come.',
  ...{ allow: roles, asOf: false },
  arguments: atLeastArgument,
  answer: field.object(follower, 'Every read model, policy and effect.', { list: true }),
  ask: (_, { sources: { runner } }) => statusOf(runner),
});

export const statusSubscription = subscription({
  name: 'status',
  description: 'How far every read model and policy has come: now, and whenever the log has grown.',
  allow: roles,
  arguments: {},
  answer: statusAt,
  follow: async function* (_, { sources: { log, runner }, ...from }) {
    for await (const position of positionsOf(log, from)) {
      // Who is behind for long is shown behind.
      await runner.waitFor(position, 'all').catch(() => undefined);
      yield { position, followers: await statusOf(runner) };
    }
  },
});

export const parkedReport = report({
  name: 'parkedSequences',
  description:
    'What waits because an event could not be handled, by follower; `baton parked` has it tried again, or leaves the event out.',
  ...{ allow: roles, asOf: false, page: true },
  arguments: {
    follower: field.filter('Only those of these followers.'),
    sequence: field.filter('Only these documents or streams.'),
    code: field.filter('Only those that wait for these reasons.'),
    ...atLeastArgument,
  },
  answer: field.object(parked, 'The sequences.'),
  ask: async ({ atLeast: _, ...filters }, { page, sources: { runner } }) => {
    const idOf = (row: ParkedSequence) => `${row.follower} ${row.sequence}`;
    const rows = (await runner.parked())
      .filter((row) => Object.entries(filters).every(([name, filter]) => passesFilter(filter, row[name as 'code'])))
      .sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
    return pageOf(rows, page, idOf);
  },
});
