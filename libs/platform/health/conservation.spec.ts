import type { ConservationCheck, EventLog } from '@baton/kernel';
import { MemoryDocuments, ReadModels } from '../documents';
import { HeavyWork, type WorkQuestion } from '../heavy-work';
import type { Runner } from '../runner';
import { Conservation } from './conservation';

const [at, position] = ['2024-05-01T00:00:00.000Z', '0000000000000007'];
const checkOf = (name: string, left: string, right: string): ConservationCheck => ({
  ...{ name, description: `${name} are equal.`, left: 'left', right: 'right' },
  balances: async () => [{ of: name, left, right }],
});
const checks = [checkOf('deals', '3', '3'), checkOf('people', '5', '4')];

const conservation = (work: HeavyWork) => {
  const documents = new MemoryDocuments();
  return new Conservation({
    ...{ checks, documents, work, models: new ReadModels(documents), clock: { now: () => at } },
    log: { tip: async () => position } as unknown as EventLog,
    runner: { waitFor: async () => undefined } as unknown as Runner,
    onFailure: (error) => {
      throw error;
    },
  });
};

describe('checks of numbers that must be equal', () => {
  it('are made one by one by the process of heavy queries, which has the memory for them', async () => {
    const [work, elsewhere] = [new HeavyWork(), new HeavyWork()];
    conservation(elsewhere); // offers the work there
    const questions: WorkQuestion[] = [];
    work.runRemotely = (question) => {
      questions.push(question);
      return elsewhere.answer(question);
    };
    const found = conservation(work);
    const results = await found.run();
    expect(results.map(({ check, holds, differences }) => [check, holds, differences])).toEqual([
      ['deals', true, []],
      ['people', false, [{ of: 'people', left: '5', right: '4', difference: '1' }]],
    ]);
    expect(await found.latest()).toEqual(results);
    expect(questions).toEqual(
      ['deals', 'people'].map((check) => ({ work: 'conservation', data: { check, at, position } })),
    );
  });
});
