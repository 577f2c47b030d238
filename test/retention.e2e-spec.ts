import { CommandBus } from '@nestjs/cqrs';
import { DAY_MS, EventLog, fromMs, KeyStore, toMs } from '@baton/kernel';
import { ReadModels } from '@baton/platform/documents';
import { Runner } from '@baton/platform/runner';
import { Retention } from '@baton/privacy/privacy.module';
import { batonJson, Served, temporaryFolder } from './support/baton';

describe('the retention of people', () => {
  const folder = temporaryFolder();
  let served: Served;
  beforeAll(async () => (served = await Served.start(folder)));
  afterAll(() => served.stop());

  let sent = 0;
  const tell = async (name: string, input: object, occurredAt?: string) => {
    const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input`;
    const at = occurredAt === undefined ? '' : `, occurredAt: "${occurredAt}"`;
    const { data, errors } = await served.ask<{ it: { __typename: string; code?: string } }>(
      `mutation($input: ${type}!) { it: ${name}(commandId: "r${++sent}", input: $input${at}) { __typename ... on Refused { code } } }`,
      ['admin'],
      { input },
    );
    expect(errors).toBeUndefined();
    return data.it.code ?? data.it.__typename;
  };
  const due = async (by?: string) => {
    await served.settle();
    const { data } = await served.ask<{ dueErasures: { nodes: { leadId: string }[] } }>(
      `{ dueErasures${by ? `(by: "${by}")` : ''} { nodes { leadId purpose dueAt holds } } }`,
      ['auditor'],
    );
    return data.dueErasures.nodes;
  };
  const isErased = async (leadId: string) => (await served.app.get(KeyStore).find([leadId])).get(leadId) === null;
  /** Two days later, as a rule erases nobody within a day; @param days later */
  const eraseDue = async (days = 2) => {
    const { app } = served;
    const [models, log, runner, bus] = [app.get(ReadModels), app.get(EventLog), app.get(Runner), app.get(CommandBus)];
    const clock = { now: () => fromMs(Date.now() + days * DAY_MS) };
    const outcome = await new Retention({ models, log, runner, bus, clock, logger: undefined as never }).eraseDue();
    await served.settle();
    return outcome;
  };

  it('ends nobody’s data without a rule', async () => {
    const old = '2015-03-01T10:00:00Z';
    for (const leadId of ['old', 'held', 'merged', 'active'])
      expect(await tell('captureLead', { leadId, name: `Nora ${leadId}` }, old)).toBe('Accepted');
    expect(await tell('captureLead', { leadId: 'new', name: 'Nora New' })).toBe('Accepted');
    expect(await tell('captureLead', { leadId: 'survivor', name: 'Nora Survivor' }, '2015-04-01T10:00:00Z')).toBe(
      'Accepted',
    );
    await served.settle();
    expect(await tell('mergeLead', { leadId: 'survivor', mergedLeadId: 'merged' })).toBe('Accepted');
    expect(await tell('recordTouch', { leadId: 'active', action: 'form', team: 'MARKETING' })).toBe('Accepted');
    expect(await tell('placeLegalHold', { leadId: 'held', hold: 'case-7', reason: 'LITIGATION' })).toBe('Accepted');
    expect(await due()).toEqual([]);
    expect(await eraseDue()).toEqual({ erased: 0, held: 0 });
  });

  it('says who will be erased when, and why not', async () => {
    expect(await tell('setRetentionRule', { retentionId: 'prospecting', stages: ['LEAD', 'MQL'], days: 730 })).toBe(
      'Accepted',
    );
    const found = await due();
    const { data } = await served.ask<{ retentionRules: { nodes: { since: string }[] } }>(
      '{ retentionRules { nodes { since } } }',
      ['auditor'],
    );
    const dueAt = fromMs(toMs(data.retentionRules.nodes[0]!.since) + DAY_MS);
    expect(found).toEqual([
      { leadId: 'held', purpose: 'prospecting', dueAt, holds: ['case-7'] },
      { leadId: 'old', purpose: 'prospecting', dueAt, holds: [] },
      { leadId: 'survivor', purpose: 'prospecting', dueAt, holds: [] },
    ]);
    expect(await eraseDue(0)).toEqual({ erased: 0, held: 0 });
    expect(await served.app.get(Retention).eraseDue()).toEqual({ erased: 0, held: 0 });
    const later = await due(`${new Date().getUTCFullYear() + 3}-01-01`);
    expect(later.map(({ leadId }) => leadId).sort()).toEqual(['active', 'held', 'new', 'old', 'survivor']);
    const printed = await batonJson<object[]>(folder, 'report', 'due-erasures');
    expect(printed).toEqual(found);
  });

  it('keeps whom another purpose keeps longer', async () => {
    const longer = { retentionId: 'contract', stages: ['LEAD', 'CUSTOMER'], days: 36_500 };
    expect(await tell('setRetentionRule', longer)).toBe('Accepted');
    expect(await due()).toEqual([]);
    expect(await eraseDue()).toEqual({ erased: 0, held: 0 });
    expect(await tell('endRetentionRule', { retentionId: 'contract' })).toBe('Accepted');
    expect(await tell('endRetentionRule', { retentionId: 'contract' })).toBe('privacy/no-such-rule');
    expect(await due()).toHaveLength(3);
  });

  it('erases who is due, with the leads merged with them, and nobody who is on hold', async () => {
    expect(await eraseDue()).toEqual({ erased: 2, held: 1 });
    for (const leadId of ['old', 'survivor', 'merged'])
      expect([leadId, await isErased(leadId)]).toEqual([leadId, true]);
    for (const leadId of ['held', 'active', 'new']) expect([leadId, await isErased(leadId)]).toEqual([leadId, false]);
    const [requested] = (await served.app.get(EventLog).read('privacy-old')).filter(
      ({ type }) => type === 'ErasureRequested',
    );
    expect(requested).toMatchObject({
      data: { reason: 'retention-ended', reference: 'prospecting' },
      meta: { actor: 'policy:retention', origin: 'system' },
    });
    expect(await eraseDue()).toEqual({ erased: 0, held: 1 });
    expect(await tell('releaseLegalHold', { leadId: 'held', hold: 'case-7' })).toBe('Accepted');
    await served.settle();
    expect(await eraseDue()).toEqual({ erased: 1, held: 0 });
    expect(await isErased('held')).toBe(true);
    expect(await due()).toEqual([]);
  });
});
