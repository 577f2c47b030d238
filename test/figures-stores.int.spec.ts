import fc from 'fast-check';
import { repetitions } from '@baton/kernel/testing';
import { figures } from '@baton/insights/figures/catalogue.rules';
import { dimensionsOf } from '@baton/insights/figures/figure.rules';
import { askFigures, builtInOfFigures, rowsBehind } from '@baton/insights/figures/figures.query';
import type { ReadModels } from '@baton/platform/documents';
import { MongoDocuments } from '@baton/platform/documents/mongodb-documents';
import { anyWorld, NOW, storeOfWorld } from './support/figure-worlds';
import { databasesOn, onServer } from './support/stores';

const text = (answer: unknown) =>
  JSON.stringify(answer, (_, one) => (typeof one === 'bigint' ? `${one}` : (one as unknown)));

onServer('MONGODB_URL', (url) => {
  const address = databasesOn(url, 'figures');
  const [world] = fc.sample(anyWorld, { numRuns: 1, seed: 8 });
  let documents: MongoDocuments;
  let [memory, stored]: ReadModels[] = [];
  beforeAll(async () => {
    documents = await MongoDocuments.connect(address());
    [memory, stored] = [await storeOfWorld(world!), await storeOfWorld(world!, documents)];
  });
  afterAll(() => documents.close());

  const dimensions = [...new Set(figures.flatMap((figure) => [...dimensionsOf(figure)]))].sort();
  const some = dimensions.filter((_, place) => place % repetitions(6, 1) === 0);
  it.each(['all', 'month', ...some])('every figure is what it is in memory, by %s', async (groups) => {
    const by = groups === 'all' ? undefined : groups;
    const asked = figures.filter((figure) => by === undefined || by === 'month' || dimensionsOf(figure).includes(by));
    expect(asked.length).toBeGreaterThan(0);
    const ask = async (models: ReadModels) =>
      text(await askFigures(models, asked, { by, filters: {} }, NOW, builtInOfFigures));
    expect(await ask(stored!)).toEqual(await ask(memory!));
  });

  it('the rows behind a number of each fact are those of memory', async () => {
    const facts = new Map(figures.filter(({ value }) => value.kind !== 'derived').map((one) => [one.rows.fact, one]));
    let rows = 0;
    for (const figure of facts.values()) {
      const behind = async (models: ReadModels) =>
        rowsBehind(models, figure, { filters: {} }, { group: undefined, side: 'denominator' }, NOW, builtInOfFigures);
      const found = await behind(stored!);
      rows += found.length;
      expect([figure.code, text(found)]).toEqual([figure.code, text(await behind(memory!))]);
    }
    expect(rows).toBeGreaterThan(0);
  });
});
