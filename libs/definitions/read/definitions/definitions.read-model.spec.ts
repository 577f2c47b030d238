import { START, type StoredEvent } from '@baton/kernel';
import { foldAll, recorded } from '@baton/kernel/testing';
import { collectionOf, firstGeneration, MemoryDocuments, ReadModels } from '@baton/platform/documents';
import { definitions } from './definitions.read-model';
import {
  definitionDifference,
  definitionInForce,
  dueReviews,
  listDefinitions,
  getDefinition,
  overdueReviews,
} from './definitions.query';

const on = (day: string) => `2024-${day}T00:00:00.000Z`;
const agreed = (definitionId: string, number: number, day: string, reviewBy: string, body: object): StoredEvent[] => {
  const at = { occurredAt: on(day), meta: { actor: 'mia' } };
  const id = { definitionId, number };
  return [
    recorded({ type: 'DefinitionProposed', data: { ...id, body, reason: `from ${day}`, reviewBy } }, at),
    recorded({ type: 'DefinitionApproved', data: { ...id, team: 'marketing', approver: 'mia' } }, at),
    recorded({ type: 'DefinitionApproved', data: { ...id, team: 'sales', approver: 'sam' } }, at),
    recorded({ type: 'DefinitionPutInForce', data: { ...id, from: on(day) } }, at),
  ];
};
const history = [
  ...agreed('mql', 1, '01-01', '2024-04-01', { score: 50 }),
  ...agreed('sql', 1, '01-01', '2024-02-15', {}),
  ...agreed('mql', 2, '03-01', '2024-06-01', { score: 60 }),
  recorded({
    type: 'DefinitionProposed',
    data: { definitionId: 'mql', number: 3, body: {}, reason: 'r', reviewBy: '2024-09-01' },
  }),
  recorded(
    { type: 'DefinitionRetired', data: { definitionId: 'sql', number: 1, reason: 'no use' } },
    { occurredAt: on('05-01') },
  ),
];

describe('the list of definitions', () => {
  it('shows the state of each version', () => {
    const documents = foldAll(definitions, history);
    expect(Object.fromEntries([...documents].map(([id, { status }]) => [id, status]))).toEqual({
      'mql@1': 'in-force',
      'sql@1': 'retired',
      'mql@2': 'in-force',
      'mql@3': 'draft',
    });
    expect(documents.get('mql@2')).toEqual({
      version: 'mql@2',
      kind: 'mql',
      number: 2,
      status: 'in-force',
      body: { score: 60 },
      reason: 'from 03-01',
      proposedBy: 'mia',
      proposedAt: on('03-01'),
      from: on('03-01'),
      reviewBy: '2024-06-01',
      approvals: [
        { team: 'marketing', approver: 'mia', at: on('03-01') },
        { team: 'sales', approver: 'sam', at: on('03-01') },
      ],
    });
  });

  describe('queries', () => {
    const documents = new MemoryDocuments();
    const models = new ReadModels(documents);
    beforeAll(async () => {
      const folded = foldAll(definitions, history);
      await documents.commit({
        writes: {
          collection: collectionOf(definitions, firstGeneration(definitions)),
          documents: [...folded].map(([id, doc]) => ({ id, doc, position: '1' })),
        },
        follower: 'definitions',
        checkpoint: { position: START, count: 0, digest: '' },
        fence: { lease: 'test', token: 1 },
      });
    });
    const refs = (versions: readonly { kind: string; number: number }[]) =>
      versions.map(({ kind, number }) => `${kind}@${number}`);

    it('lists all or one kind', async () => {
      expect(refs(await listDefinitions(models))).toEqual(['mql@1', 'mql@2', 'mql@3', 'sql@1']);
      expect(refs(await listDefinitions(models, { kind: 'sql' }))).toEqual(['sql@1']);
      expect((await getDefinition(models, { kind: 'mql', number: 3 }))?.reason).toBe('r');
    });
    it('find the version in force at an instant', async () => {
      const inForce = async (kind: string, day: string) =>
        (await definitionInForce(models, { kind, at: on(day) }))?.number;
      expect(await Promise.all([inForce('mql', '02-01'), inForce('mql', '03-01')])).toEqual([1, 2]);
      expect(await Promise.all([inForce('sql', '04-30'), inForce('sql', '05-01')])).toEqual([1, undefined]);
    });
    it('compare two versions', async () => {
      const asked = { kind: 'mql', before: 1, after: 2 };
      expect(await definitionDifference(models, asked)).toEqual([{ path: 'score', before: 50, after: 60 }]);
      await expect(definitionDifference(models, { ...asked, after: 9 })).rejects.toMatchObject({
        code: 'definition/unknown-version',
      });
    });
    it('list the reviews that are due, overdue ones first', async () => {
      const due = async (day: string, days: number) => refs(await dueReviews(models, { at: on(day), days }));
      expect(await due('02-14', 0)).toEqual([]);
      expect(await due('02-14', 1)).toEqual(['sql@1']);
      expect(await due('02-20', 60)).toEqual(['sql@1', 'mql@1']);
      expect(await due('03-01', 91)).toEqual(['sql@1']); // mql@2 has replaced mql@1
      expect(await due('03-01', 92)).toEqual(['sql@1', 'mql@2']);
    });
    it('list overdue reviews, only of versions in force', async () => {
      expect(refs(await overdueReviews(models, { at: on('02-15') }))).toEqual([]);
      expect(refs(await overdueReviews(models, { at: on('02-16') }))).toEqual(['sql@1']);
      expect(refs(await overdueReviews(models, { at: on('07-01') }))).toEqual(['mql@2']);
      // The next day begins earlier in Kathmandu, and later in New York.
      const late = on('02-15').replace('T00:00', 'T20:00');
      expect(refs(await overdueReviews(models, { at: late }))).toEqual([]);
      expect(refs(await overdueReviews(models, { at: late, timeZone: 'Asia/Kathmandu' }))).toEqual(['sql@1']);
      expect(refs(await overdueReviews(models, { at: on('02-16'), timeZone: 'America/New_York' }))).toEqual([]);
      await expect(overdueReviews(models, { at: late, timeZone: 'Mars/Base' })).rejects.toMatchObject({
        code: 'time/unknown-zone',
      });
    });
  });
});
