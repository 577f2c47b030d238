import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repetitions } from '@baton/kernel/testing';
import { baton, batonJson, onServers, root, temporaryFolder } from './support/baton';
import { onServer } from './support/stores';

const DEALS = repetitions(20, 300);

/** Won, lost and open deals with a unique product: the servers may have other data. */
const dealsOf = (product: string): string => {
  const rows = ['opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value'];
  for (let n = 0; n < DEALS; n++) {
    const stage = ['Won', 'Lost', 'Engaging', 'Won'][n % 4]!;
    const closed = stage === 'Engaging' ? ',' : `2017-0${(n % 8) + 2}-1${n % 10},${stage === 'Won' ? 100 + n : 0}`;
    rows.push(`${product}-${n},Agent ${n % 5},${product},,${stage},2017-01-0${(n % 9) + 1},${closed}`);
  }
  return `${rows.join('\n')}\n`;
};

describe('all of Baton on its servers', () => {
  onServer('EVENTSTORE_URL', (eventStoreUrl) =>
    onServer('MONGODB_URL', (mongodbUrl) => {
      const [files, servers] = [temporaryFolder(), temporaryFolder()];
      const product = `loom-${randomBytes(6).toString('hex')}`;
      beforeAll(() => {
        const url = new URL(mongodbUrl());
        url.pathname = `/baton_${product.replace('-', '_')}`;
        onServers(servers, {
          BATON_EVENTSTORE_URL: eventStoreUrl(),
          BATON_MONGODB_URL: url.toString(),
          BATON_MASTER_KEY: randomBytes(32).toString('base64'),
        });
      });

      it('gives the figures of the embedded stores, also after a rebuild', async () => {
        const figuresOf = async (folder: string) => {
          const csv = join(folder, 'deals.csv');
          writeFileSync(csv, dealsOf(product));
          const mapping = join(root, 'examples', 'mappings', 'crm-sales-opportunities.json');
          const importAll = async () => (await batonJson<{ events: number }>(folder, 'import', mapping, csv)).events;
          const twice = [await importAll(), await importAll()];
          const report = async (name: string) => {
            const { rows } = await batonJson<{ rows: { key: string }[] }>(folder, 'report', name, '--by', 'product');
            return rows.filter(({ key }) => key === product);
          };
          const velocity = async () => {
            const codes = 'open-deals,won-deals,won-amount,velocity';
            type Answer = { figures: { groups: { key: string }[] }[] };
            const { figures } = await batonJson<Answer>(folder, 'figures', codes, '--by', 'product');
            return figures.map(({ groups }) => groups.filter(({ key }) => key === product));
          };
          const before = [await velocity(), await report('attribution')];
          expect((await baton(folder, 'rebuild', 'deals')).status).toBe(0);
          return { twice, before, after: await velocity() }; // what is read from deals
        };
        const figures = [await figuresOf(files), await figuresOf(servers)];
        expect(figures[1]).toEqual(figures[0]);
        expect(figures[0]!.twice[1]).toBe(0);
        // Each of the four figures has one group of the product.
        expect(figures[0]!.before[0]).toMatchObject([1, 2, 3, 4].map(() => [{ key: product }]));
      });
    }),
  );
});
