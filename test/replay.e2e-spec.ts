import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogueOf, eventsOf, withThousandsSeparators, type Documents, type Projection } from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import { accessParts } from '@baton/platform/access';
import {
  EmbeddedDocuments,
  firstGeneration,
  MemoryDocuments,
  pagesOf,
  ReadModels,
  statesOf,
} from '@baton/platform/documents';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { EmbeddedKeyStore, masterKey } from '@baton/platform/keys';
import { replay } from '@baton/platform/runner';
import { contextParts } from '../apps/contexts';
import { companySteps } from '../apps/cli/demo/company';
import { baton, batonJson, root, temporaryFolder } from './support/baton';
import { copyDemo, DEMO_DAY, DEMO_SCALE } from './support/demo';

/** Read models that the demo does not fill: keys, frozen periods, imports, messages, signed heads, rights of people, retention rules, sightings, the access matrix of a server. */
const untold = new Set([
  ...[
    'keys',
    'periods',
    'messages',
    'imports',
    'log-heads',
    'privacy-records',
    'consents',
    'access-index',
    'access-matrix',
    'retention-rules',
  ],
]);

describe('the demo', () => {
  const folder = temporaryFolder();
  const other = temporaryFolder();
  let printed: string;
  beforeAll(async () => {
    printed = await copyDemo(folder);
  });

  it('prints several models, the velocity, and the SLA results of sales', () => {
    for (const model of ['first-touch', 'last-touch', 'linear', 'u-shaped']) expect(printed).toContain(model);
    for (const word of [
      'paid search',
      'unattributed',
      'win-rate',
      'Pipeline velocity',
      'Insight Team',
      'first-response',
      'Obligations of sales',
    ])
      expect(printed).toContain(word);
  });

  const position = async () =>
    (await batonJson<{ followers: { position: string }[] }>(folder, 'status')).followers[0]!.position;

  it('adds nothing the second time', async () => {
    const before = await position();
    const again = await batonJson<{ events: number; total: number }>(folder, 'demo', '--once', '--scale', DEMO_SCALE);
    expect(again.events).toBe(0);
    const { stdout } = await baton(folder, 'events');
    expect(again.total).toBe(stdout.trimEnd().split('\n').length);
    expect(printed).toContain(`The log holds ${withThousandsSeparators(String(again.total))} events`);
    expect(await position()).toBe(before);
  });

  it('keeps to the day of the history in the log', async () => {
    const { status, stderr } = await baton(folder, 'demo', '--once', '--today', '2024-06-30');
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^demo\/other-day \(today\): .*2024-07-01/)]);
    const tomorrow = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
    expect((await baton(other, 'demo', '--once', '--today', tomorrow)).stderr).toMatch(/demo\/day-to-come/);
  });

  it('keeps every name, e-mail address, phone number and note out of every file', () => {
    const secrets = companySteps(7, DEMO_DAY, Number(DEMO_SCALE)).flatMap(({ data }) =>
      ['email', 'name', 'phone', 'note', 'need', 'budget', 'authority', 'timeline'].flatMap((field) => {
        const value = (data as Record<string, unknown>)[field];
        // Campaigns and deals have names too; those are no person's.
        return typeof value === 'string' && 'leadId' in data ? [value] : [];
      }),
    );
    expect(secrets.length).toBeGreaterThan(500);
    for (const file of readdirSync(folder).filter((name) => /^(log|documents|keys)\.db/.test(name))) {
      const bytes = readFileSync(join(folder, file));
      expect(secrets.filter((secret) => bytes.includes(secret))).toEqual([]);
    }
    // The scan can find something: non-personal data is there in clear.
    expect(readFileSync(join(folder, 'log.db')).includes('Insight Team')).toBe(true);
  });

  it('hides personal data from readers of the events', async () => {
    const { stdout } = await baton(folder, 'events', '--types', 'LeadCaptured', '--limit', '5');
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; data: Record<string, unknown> });
    expect(events).toHaveLength(5);
    for (const { data } of events) {
      expect(data['email']).toEqual({ $sealed: expect.stringMatching(/^v1\./) as string });
    }
  });

  it('shows the case of a deal from its opening to its journey', async () => {
    const { stdout } = await baton(folder, 'events', '--types', 'OpportunityWon', '--limit', '1');
    const { data } = JSON.parse(stdout) as { data: { opportunityId: string } };
    const entries = await batonJson<{ type: string; actor: string; changes: unknown[] }[]>(
      folder,
      'case-file',
      'opportunity',
      data.opportunityId,
    );
    const types = entries.map(({ type }) => type);
    expect(types).toEqual(
      expect.arrayContaining(['OpportunityOpened', 'ContactRoleAdded', 'OpportunityWon', 'JourneyClosed']),
    );
    expect(types.indexOf('OpportunityOpened')).toBeLessThan(types.indexOf('OpportunityWon'));
    expect(entries.every(({ actor }) => actor !== '')).toBe(true);
  });

  it('gives equal bytes when its log is folded twice, in two page sizes, and rebuilt', async () => {
    const clock = new FixedClock();
    const log = EmbeddedEventLog.open(join(folder, 'log.db'), clock);
    const keys = EmbeddedKeyStore.open(join(folder, 'keys.db'), masterKey(folder));
    const parts = [accessParts, ...contextParts];
    const journal = new SealedJournal(log, catalogueOf(eventsOf(parts)), keys);
    const live = await EmbeddedDocuments.open(join(folder, 'documents.db'));
    const bytesOf = async (documents: Documents, projection: Projection): Promise<string> => {
      const lines: string[] = [];
      for await (const page of new ReadModels(documents).pages(projection))
        for (const { id, doc, position } of page) lines.push(`${position} ${id} ${JSON.stringify(doc)}`);
      if (projection.history)
        for await (const page of pagesOf(documents, statesOf(firstGeneration(projection))))
          for (const { id, doc, position } of page) lines.push(`${position} ${id} ${JSON.stringify(doc)}`);
      return lines.join('\n');
    };
    const empty: string[] = [];
    let documentsSeen = 0;
    for (const projection of parts.flatMap(({ projections }) => projections)) {
      const folded = await bytesOf(live, projection);
      for (const pageSize of [83, 4096]) {
        const documents = new MemoryDocuments();
        const fence = (await documents.lease('replay', 'test'))!;
        const generation = `${projection.name}-v${projection.version}`;
        await replay({ log, journal, documents }, projection, generation, () => fence, { pageSize });
        // Compared in full, reported briefly.
        expect({ [projection.name]: (await bytesOf(documents, projection)) === folded }).toEqual({
          [projection.name]: true,
        });
      }
      if (folded === '' && !untold.has(projection.name)) empty.push(projection.name);
      documentsSeen += folded === '' ? 0 : folded.split('\n').length;
    }
    expect(documentsSeen).toBeGreaterThan(1000);
    expect(empty).toEqual([]);
    await live.close();
    await keys.close();
    await log.close();

    const figures = () => batonJson(folder, 'report', 'attribution', '--model', 'time-decay', '--by', 'month');
    const before = await figures();
    expect((await baton(folder, 'rebuild')).status).toBe(0);
    expect(await figures()).toEqual(before);
  });

  it('does not mix with other data', async () => {
    const csv = join(other, 'deals.csv');
    const header = 'opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value';
    writeFileSync(csv, `${header}\nA1,Ada,Loom,,Won,2017-01-02,2017-02-03,100\n`);
    const mapping = join(root, 'examples', 'mappings', 'crm-sales-opportunities.json');
    expect((await batonJson<{ accepted: number }>(other, 'import', mapping, csv)).accepted).toBe(1);
    const { status, stderr } = await baton(other, 'demo', '--once');
    expect(status).toBe(1);
    expect(stderr).toContain('demo/log-in-use');
  });
});
