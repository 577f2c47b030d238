import { join } from 'node:path';
import type { Projection, Where } from '@baton/kernel';
import { deals } from '@baton/opportunities';
import { EmbeddedDocuments, ReadModels } from '@baton/platform/documents';
import { Conservation } from '@baton/platform/health';
import { handoffs } from '@baton/sales-sla';
import { baton, batonJson, Served, temporaryFolder } from './support/baton';
import { copyDemo } from './support/demo';

interface Check {
  readonly check: string;
  readonly holds: boolean;
  readonly compared: number;
  readonly differences: readonly { readonly of: string; readonly difference: string }[];
}
const query = '{ conservation { check holds compared differences { of difference } } }';

describe('numbers that must be equal', () => {
  const folder = temporaryFolder();
  beforeAll(async () => {
    await copyDemo(folder);
  });

  it('are, on the history of the demo company', async () => {
    const { checks } = await batonJson<{ checks: readonly Check[] }>(folder, 'status', '--verify');
    expect(checks.map(({ check, differences }) => [check, differences])).toEqual(
      [
        ...['handoffs-by-disposition', 'stages-of-people', 'deals-by-status', 'groups-of-figures'],
        ...['credits-of-revenue', 'waterfall', 'managers'],
      ].map((check) => [check, []]),
    );
    for (const { check, compared } of checks) expect([check, compared > 0]).toEqual([check, true]);
    expect(checks.find(({ check }) => check === 'groups-of-figures')!.compared).toBeGreaterThan(100);
  });

  it('are named with their difference where documents were damaged: by a query, on the command line, and as health', async () => {
    const documents = await EmbeddedDocuments.open(join(folder, 'documents.db'));
    const models = new ReadModels(documents);
    /** Writes a document over, as a fault of the store or of a fold would. */
    const damage = async <D extends object>(of: Projection<D>, where: Where, change: (doc: D) => D) => {
      const [found] = await models.find(of, { where, limit: 1 });
      const { id, doc, position } = found as unknown as { id: string; doc: D; position: string };
      const collection = await models.collection(of);
      const later = String(BigInt(position) + 1n).padStart(position.length, '0'); // an equal one would be left out
      const fence = await documents.lease('fault', 'tester');
      await documents.commit({
        writes: { collection, documents: [{ id, doc: change(doc), position: later }] },
        ...{ follower: 'fault', checkpoint: { position, count: 1, digest: '0' }, fence: fence! },
      });
      await documents.release('fault', 'tester');
    };
    await damage(deals, { status: { eq: 'won' }, amountMinor: { ne: null } }, (deal) => ({
      ...deal,
      amountMinor: deal.amountMinor! + 100,
    }));
    await damage(handoffs, {}, (doc) => ({ ...doc, handoffs: doc.handoffs.slice(1) }));
    await documents.close();
    const off: readonly (readonly [string, readonly object[]])[] = [
      ['handoffs-by-disposition', [{ of: 'handoffs', difference: '-1' }]],
      ['credits-of-revenue', [{ of: 'USD', difference: '-100' }]],
    ];
    const served = await Served.start(folder);
    const { data } = await served.ask<{ conservation: readonly Check[] }>(query, ['revops']);
    const found = data.conservation.filter(({ holds }) => !holds);
    expect(found.map(({ check, differences }) => [check, differences])).toEqual(off);
    await served.app.get(Conservation).run();
    const ready = (await (await fetch(`${served.url}/health/ready`)).json()) as {
      warnings: string[];
      conservation: Check[];
    };
    expect(ready.warnings).toContain('health/conservation');
    expect(ready.conservation.map(({ check }) => check).sort()).toEqual(off.map(([check]) => check).sort());
    await served.stop();
    const { status, stdout } = await baton(folder, 'status');
    expect([status, stdout]).toEqual([0, expect.stringMatching(/credits-of-revenue, USD: .* a difference of -100 /)]);
    expect((await baton(folder, 'status', '--verify')).status).toBe(1);
  });
});
