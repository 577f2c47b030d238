import { field, objectFields, roles } from '@baton/kernel';
import { pageOf, type ReadModels } from '@baton/platform/documents';
import { report } from '@baton/platform/report';
import { colleagueFact } from '../../figures/facts/colleagues.fact';
import { dealFact } from '../../figures/facts/deals.fact';
import { handoffFact } from '../../figures/facts/handoffs.fact';
import { people } from '../../figures/facts/people.fact';
import type { Fact, PackedRows } from '../../figures/fact.rules';

/** Whom rows name, and in how many of them. */
const counted = ({ alive, count, texts }: PackedRows, column: string): ReadonlyMap<string, number> => {
  const { codes, words } = texts[column]!;
  const rows = words.map(() => 0);
  for (let row = 0; row < count; row++) if (alive[row] && codes[row]! >= 0) rows[codes[row]!]!++;
  return new Map(words.map((word, code) => [word, rows[code]!]));
};
const named: readonly (readonly [name: 'deals' | 'handoffs' | 'leads', fact: Fact, column: string])[] = [
  ['deals', dealFact, 'owner'],
  ['handoffs', handoffFact, 'rep'],
  ['leads', people, 'owner'],
];

/** Those whom deals, handoffs or leads name and the directory does not know; who is named most comes first. */
const unlistedOf = async (models: ReadModels) => {
  const known = counted(await models.columns(colleagueFact.columns), 'personId');
  const found = new Map<string, { personId: string; deals: number; handoffs: number; leads: number }>();
  for (const [name, fact, column] of named)
    for (const [personId, rows] of counted(await models.columns(fact.columns), column)) {
      if (rows === 0 || known.get(personId)) continue;
      const its = found.get(personId) ?? { personId, deals: 0, handoffs: 0, leads: 0 };
      found.set(personId, { ...its, [name]: rows });
    }
  const sum = ({ deals, handoffs, leads }: { deals: number; handoffs: number; leads: number }) =>
    deals + handoffs + leads;
  return [...found.values()].sort((a, b) => sum(b) - sum(a) || (a.personId < b.personId ? -1 : 1));
};

export const unlistedReport = report({
  name: 'unlistedColleagues',
  description:
    'Who is named as owner or rep and has no entry in the directory: they stand alone in reports, without team and manager. Who is named most comes first.',
  ...{ allow: roles, heavy: 'period', page: true },
  arguments: {},
  answer: field.object(
    objectFields('UnlistedColleague', 'Somebody whom records name and the directory does not know.', {
      personId: field.text('The name in the records.'),
      deals: field.integer('Deals that they own.', { unit: 'deals' }),
      handoffs: field.integer('Handoffs to them.', { unit: 'handoffs' }),
      leads: field.integer('Leads that they own.', { unit: 'leads' }),
    }),
    'Those without an entry.',
  ),
  ask: async (_, { models, page }) => pageOf(await unlistedOf(models), page, ({ personId }) => personId),
});
