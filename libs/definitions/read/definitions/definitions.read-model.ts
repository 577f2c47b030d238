import { field, enumeration, objectFields, readModel, roles, teams, type DocumentOf } from '@baton/kernel';
import {
  definitionKindNames,
  type DefinitionEvent,
  type DefinitionKind,
} from '../../write/definition/definition.events';

const statuses = enumeration('DefinitionStatus', 'How far a version of a definition has come.', {
  draft: 'No team has approved it.',
  approved: 'One team has approved it.',
  'in-force': 'Both teams have approved it; it decides from `from` on, until a later version does.',
  retired: 'It was taken out of force.',
});

const approval = objectFields('DefinitionApproval', 'Approval of a version by one team.', {
  team: field.enum(teams, 'Team that approved.'),
  approver: field.text('Person who approved for the team.'),
  at: field.instant('When the team approved.'),
});
const listed = { filter: true, sort: true } as const;
const dated = { optional: true, filter: true, sort: true } as const;
export const kindField = field.enum(definitionKindNames, 'Kind of definition.', listed);
const fields = {
  version: field.id('The kind with the number of the version: `mql@3`.', { filter: true }),
  kind: kindField,
  number: field.integer('Version number, from 1.', listed),
  status: field.enum(statuses, 'How far it has come.', { filter: true }),
  body: field.json('Body of the definition; its schema depends on the kind.'),
  reason: field.text('Reason given by the proposer.'),
  proposedBy: field.text('Who proposed it.', listed),
  proposedAt: field.instant('When it was proposed.', listed),
  inForceFrom: field.instant('When the proposer wanted it to come into force.', dated),
  from: field.instant('Since when it is in force; until a later version is, or it is retired.', dated),
  reviewBy: field.day('Day by which both teams review the version.', listed),
  approvals: field.object(approval, 'Approvals so far.', { list: true }),
  retiredAt: field.instant('When it was retired.', dated),
  retiredBecause: field.text('Why it was retired.', { optional: true }),
} as const;
/** One version of a definition, `mql@3`. */
export type DefinitionDocument = DocumentOf<typeof fields>;

/** Every version of every definition. */
export const definitions = readModel<DefinitionDocument, DefinitionEvent>({
  name: 'definitions',
  version: 3,
  node: 'Definition',
  description: 'One version of what both teams agree on.',
  key: 'version',
  fields,
  lists: {
    definitions: {
      description: 'Every version of every definition, by kind and number.',
      orderBy: ['kind', 'number'],
    },
    unapprovedDefinitions: {
      description:
        'The versions that not both teams have approved, the latest proposal first. Once a later version of its kind is in force, a version cannot be approved any more.',
      orderBy: '-proposedAt',
      where: { status: { in: ['draft', 'approved'] } },
    },
  },
  allow: roles,
  questions: [
    { where: ['kind'], orderBy: 'number' },
    { where: ['status'], orderBy: '-proposedAt' },
  ],
  keys: ({ data: { definitionId, number } }) => [`${definitionId}@${number}`],
  initial: (version) => ({
    kind: version.slice(0, version.lastIndexOf('@')) as DefinitionKind, // it was checked when it was proposed
    number: Number(version.slice(version.lastIndexOf('@') + 1)),
    status: 'draft',
  }),
  on: {
    DefinitionProposed: (doc, { data: { definitionId: _, ...data }, occurredAt, meta }) => ({
      ...doc,
      ...data,
      proposedBy: meta.actor,
      proposedAt: occurredAt,
    }),
    DefinitionApproved: (doc, { data: { team, approver }, occurredAt }) => ({
      ...doc,
      status: 'approved',
      approvals: [...doc.approvals, { team, approver, at: occurredAt }],
    }),
    DefinitionPutInForce: (doc, { data: { from } }) => ({ ...doc, status: 'in-force', from }),
    DefinitionRetired: (doc, { data: { reason }, occurredAt }) => ({
      ...doc,
      status: 'retired',
      retiredAt: occurredAt,
      retiredBecause: reason,
    }),
  },
});
