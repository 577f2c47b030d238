import { field, latestValue, objectFields, readModel, roles, type DocumentOf, type Instant } from '@baton/kernel';
import { isActive, stretchesOf, withEntry, type Entries } from '../../write/person/entries.model';
import type { PersonEvent } from '../../write/person/person.events';

const known = { nullable: true, filter: true, sort: true } as const;
const stretch = objectFields('DirectoryStretch', 'A time in which the entry did not change.', {
  from: field.instant('Since when; null for all days before the next one.', { nullable: true }),
  until: field.instant('Until when, itself not in it; null for the present.', { nullable: true }),
  team: field.text('The team.'),
  manager: field.text('Whom the person reports to.', { nullable: true }),
});
const fields = {
  personId: field.id('Who it is, as records name the person: as rep, owner or actor.', { filter: true }),
  name: field.personal('Full name.', { nullable: true }),
  email: field.personal('E-mail address for messages.', { nullable: true }),
  slackId: field.personal('Slack member id for messages.', { nullable: true }),
  team: field.text('The team.', { filter: true, sort: true, anySpelling: true }),
  manager: field.id('Whom the person reports to.', { ...known, entity: 'Colleague', entityName: 'reportsTo' }),
  timeZone: field.text('IANA time zone; unknown is UTC.', { nullable: true, filter: true }),
  activeFrom: field.day('First day at work.', known),
  activeTo: field.day('Last day at work.', known),
  erasedAt: field.instant('When name and addresses were erased.', { nullable: true }),
  stretches: field.object(stretch, 'Team and manager over time, oldest first.', { list: true }),
} as const;
export type Colleague = DocumentOf<typeof fields> & { readonly entries: Entries };

/** One document per person of our own side. */
export const directory = readModel<Colleague, PersonEvent>({
  name: 'directory',
  version: 1,
  node: 'Colleague',
  description: 'One of our own people, as the directory knows them.',
  key: 'personId',
  fields,
  computed: {
    isActive: {
      field: field.flag('Whether the person is at work.'),
      value: ({ entries }: Colleague, at: Instant) => {
        const entry = latestValue(entries);
        return entry !== undefined && isActive(entry, at);
      },
    },
  },
  one: { name: 'colleague', description: 'One of our own people; null if the directory does not know them.' },
  lists: { directory: { description: 'Our own people, by their ids.', orderBy: 'personId' } },
  allow: roles,
  questions: [
    { where: ['teamKey'], orderBy: 'personId' },
    { where: ['manager'], orderBy: 'personId' },
  ],
  keys: ({ data }) => [data.personId],
  initial: { entries: [] },
  on: {
    DirectoryEntrySet: (doc, { data, occurredAt }) => {
      const entries = withEntry(doc.entries, occurredAt, data);
      const { team, manager = null, timeZone = null, activeFrom = null, activeTo = null } = latestValue(entries)!;
      const isLatest = entries.at(-1)!.from === occurredAt;
      const { name = null, email = null, slackId = null } = isLatest ? data : doc;
      return {
        ...doc,
        ...{ entries, team, manager, timeZone, activeFrom, activeTo, name, email, slackId },
        stretches: stretchesOf(entries).map(({ from, until, entry }) => ({
          ...{ from: from === '' ? null : from, until: until ?? null },
          ...{ team: entry.team, manager: entry.manager ?? null },
        })),
      };
    },
    DirectoryEntryErased: (doc, { occurredAt }) => ({
      ...doc,
      ...{ name: null, email: null, slackId: null, erasedAt: occurredAt },
    }),
  },
});
