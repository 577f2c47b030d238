import {
  catalogueOf,
  contentHash,
  DecisionContext,
  Refused,
  type Accepted,
  type Definition,
  type Instant,
  type Outcome,
  type Sealed,
} from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { identityEvents } from '../identity/identity.events';
import { mergesEvents } from '../merges/merges.events';
import { leadEvents, ToLead, type LeadCommand } from './lead.events';
import { LeadHandler } from './lead.handler';

const NOW = '2024-01-01T00:00:00.000Z';
const agreed = (kind: string): Definition => ({ kind, version: 1, ref: `${kind}@1`, body: {} });

describe('commands to leads', () => {
  let log: EmbeddedEventLog;
  let journal: SealedJournal;
  let clock: FixedClock;
  let handler: LeadHandler;
  let keys: MemoryKeyStore;
  let sent = 0;
  beforeEach(() => {
    clock = new FixedClock(NOW);
    keys = new MemoryKeyStore();
    log = EmbeddedEventLog.open(':memory:', clock);
    journal = new SealedJournal(log, catalogueOf([leadEvents, identityEvents, mergesEvents]), keys);
    const inForce = (kind: string) => (['mql', 'sal', 'sql'].includes(kind) ? agreed(kind) : undefined);
    handler = new LeadHandler(journal, new DecisionContext(clock, { forKinds: async () => inForce }), keys);
  });
  afterEach(() => log.close());

  const send = (
    leadId: string,
    type: LeadCommand['type'],
    data: object = type === 'CaptureLead' ? { source: 'web' } : {},
    occurredAt?: Instant,
    commandId = `command-${sent++}`,
  ): Promise<Outcome> => {
    if (occurredAt && occurredAt > clock.now()) clock.instant = occurredAt;
    const meta = {
      commandId,
      ...('external' in data ? { actor: 'connector:crm', origin: 'connector' } : { actor: 'tester', origin: 'person' }),
      ...(occurredAt && { occurredAt }),
    };
    return handler.execute(new ToLead(leadId, { type, data: { leadId, ...data }, meta } as LeadCommand));
  };
  const types = async (leadId: string) => (await journal.read(`lead-${leadId}`)).map(({ type }) => type);
  const codeOf = (outcome: Outcome) => (outcome instanceof Refused ? outcome.code : 'accepted');

  describe('about a merged lead', () => {
    beforeEach(async () => {
      for (const leadId of ['ada', 'bea', 'cyd']) await send(leadId, 'CaptureLead');
      await send('bea', 'MergeLead', { mergedLeadId: 'cyd' });
      await send('cyd', 'FollowMerge', { survivorId: 'bea', mergeNumber: 0 });
      await send('ada', 'MergeLead', { mergedLeadId: 'bea' });
      await send('bea', 'FollowMerge', { survivorId: 'ada', mergeNumber: 1 });
    });
    it('are decided on the survivor if people decide, with its answer, once', async () => {
      const first = await send('cyd', 'QualifyLead', {}, undefined, 'again');
      expect(first).toMatchObject({ id: 'ada', repeated: false });
      expect(await send('cyd', 'QualifyLead', {}, undefined, 'again')).toMatchObject({ id: 'ada', repeated: true });
      expect([await types('ada'), await types('cyd')]).toEqual([
        ['LeadCaptured', 'LeadMerged', 'LeadQualified'],
        ['LeadCaptured', 'LeadMergedInto'],
      ]);
      expect(await send('cyd', 'AcceptLead')).toMatchObject({ code: 'lead/not-handed-off' });
    });
    it('are recorded on the lead itself where they are facts', async () => {
      expect(await send('cyd', 'UpdateLead', { title: 'CFO' })).toMatchObject({ id: 'cyd' });
      expect(await send('cyd', 'RecordTouch', { action: 'call', team: 'sales' })).toMatchObject({ id: 'cyd' });
      expect((await types('cyd')).slice(-2)).toEqual(['LeadProfileChanged', 'TouchRecorded']);
    });
    it('are refused with the survivor if they have a revision', async () => {
      const meta = { commandId: 'c', actor: 'tester', origin: 'person', expectedRevision: 1 } as const;
      const command = { type: 'QualifyLead', data: { leadId: 'cyd' }, meta } as LeadCommand;
      expect(await handler.execute(new ToLead('cyd', command))).toMatchObject({
        code: 'lead/merged',
        details: { survivorId: 'bea' },
      });
    });
  });

  describe('sent again', () => {
    const capture = { email: 'ada@example.org', phone: '+49 170 1234567' };
    const again = (type: LeadCommand['type'], data: object, id: string) => send('ada', type, data, undefined, id);

    it('return the first result with the same body, and are refused with another', async () => {
      const first = await again('CaptureLead', capture, 'c1');
      expect(await again('CaptureLead', { ...capture }, 'c1')).toMatchObject({ ...first, repeated: true });
      const other = { ...capture, phone: '+49 170 1234568' };
      expect(codeOf(await again('CaptureLead', other, 'c1'))).toBe('command/id-reused');
      await keys.rotate('command-hashes');
      expect(codeOf(await again('CaptureLead', capture, 'c1'))).toBe('accepted');
      expect(codeOf(await again('CaptureLead', other, 'c1'))).toBe('command/id-reused');
    });

    it('store no hash from which their body could be guessed', async () => {
      await again('CaptureLead', capture, 'c1');
      const { meta } = (await log.read('lead-ada'))[0]!;
      const body = { type: 'CaptureLead', data: { leadId: 'ada', ...capture } };
      expect(meta.commandHash).toMatch(/^1\.[0-9a-f]{32}$/);
      expect(meta.commandHash).not.toContain(contentHash(body).slice(0, 32));
    });

    it('are refused once the person is erased, if they contain personal data', async () => {
      await again('CaptureLead', capture, 'c1');
      await again('UpdateLead', { title: 'CTO' }, 'c2');
      await keys.destroy('ada');
      expect(codeOf(await again('CaptureLead', capture, 'c1'))).toBe('lead/erased');
      expect(codeOf(await again('UpdateLead', { title: 'CTO' }, 'c2'))).toBe('accepted');
      expect(codeOf(await again('UpdateLead', { phone: '12345' }, 'c3'))).toBe('lead/erased');
    });

    it('create no key for a person whose capture is refused', async () => {
      const make = jest.spyOn(keys, 'make');
      expect(codeOf(await again('UpdateLead', { phone: '12345' }, 'c1'))).toBe('lead/unknown');
      expect(make).not.toHaveBeenCalled();
    });
  });

  it('lead from the capture to a deal', async () => {
    const steps: [LeadCommand['type'], object?][] = [
      ['CaptureLead', { email: 'ada@example.org' }],
      ['RecordTouch', { action: 'demo', team: 'marketing' }],
      ['QualifyLead'],
      ['HandOffLead', { rep: 'rita' }],
      ['AcceptLead'],
      ['SalesQualifyLead', { need: 'speed' }],
      ['ConvertLead', { opportunityId: 'o1' }],
    ];
    for (const [type, data] of steps) expect(codeOf(await send('ada', type, data))).toBe('accepted');
    const events = await journal.read('lead-ada');
    expect(events.map(({ type }) => type)).toEqual([
      'LeadCaptured',
      'TouchRecorded',
      'LeadQualified',
      'LeadHandedOff',
      'LeadAccepted',
      'LeadSalesQualified',
      'LeadConverted',
    ]);
    const { email, ...facts } = events[0]!.data as { readonly email: Sealed };
    expect(facts).toEqual({ leadId: 'ada', personalFacts: ['email'] });
    expect(await journal.open([email])).toEqual(['ada@example.org']);
    expect(events[3]!.data).toMatchObject({ leadId: 'ada', rep: 'rita', definition: 'mql@1', count: 1 });
    const { package: pack } = events[3]!.data as { readonly package: { readonly known: readonly string[] } };
    expect(pack.known).toEqual(['email']);
    expect(JSON.stringify(pack)).not.toContain('ada@example.org');
  });

  it('re-engage a recycled lead once, at its date, however often time passes', async () => {
    await send('ada', 'CaptureLead');
    await send('ada', 'HandOffLead', { rep: 'rita', external: 'crm' });
    const reengageAt = '2024-02-01T00:00:00.000Z';
    await send('ada', 'RecycleLead', { reason: 'no-timing', reengageAt });
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, () => send('ada', 'AdvanceClock', {}, '2024-03-01T00:00:00.000Z')),
    );
    expect(outcomes.map(codeOf)).toEqual(Array(5).fill('accepted'));
    const reengaged = (await journal.read('lead-ada')).filter(({ type }) => type === 'LeadReengaged');
    expect(reengaged.map(({ data, occurredAt }) => [data, occurredAt])).toEqual([
      [{ leadId: 'ada', cause: 'date' }, reengageAt],
    ]);
  });

  it('return a result to their sender only, also for a capture', async () => {
    const capture = (leadId: string, actor: string) =>
      handler.execute(
        new ToLead(leadId, {
          type: 'CaptureLead',
          data: { leadId, email: 'ada@example.org' },
          meta: { commandId: 'capture', actor, origin: 'person' },
        }),
      );
    expect(codeOf(await capture('ada', 'rita'))).toBe('accepted');
    expect(await capture('ada', 'rita')).toMatchObject({ id: 'ada', repeated: true });
    expect(await capture('bea', 'raj')).toMatchObject({ code: 'lead/already-captured', details: { leadId: 'ada' } });
  });

  it('merge with an existing lead', async () => {
    await send('ada', 'CaptureLead');
    expect(codeOf(await send('ada', 'MergeLead', { mergedLeadId: 'bea' }))).toBe('lead/unknown');
    await send('bea', 'CaptureLead');
    expect(codeOf(await send('ada', 'MergeLead', { mergedLeadId: 'bea' }))).toBe('accepted');
    expect(await types('ada')).toEqual(['LeadCaptured', 'LeadMerged']);
  });

  describe('of a merge', () => {
    const merge = (leadId: string, mergedLeadId: string, meta: object = {}) =>
      handler.execute(
        new ToLead(leadId, {
          type: 'MergeLead',
          data: { leadId, mergedLeadId },
          meta: { commandId: 'merge', actor: 'tester', origin: 'person', ...meta },
        }),
      );
    beforeEach(async () => {
      for (const leadId of ['ada', 'bea', 'cy']) await send(leadId, 'CaptureLead');
    });
    const reservations = () => journal.read('merges-all');

    it('return the answer of the survivor, and the same when repeated', async () => {
      const outcome = (await merge('ada', 'bea')) as Accepted;
      const [, recorded] = await journal.read('lead-ada');
      expect(outcome).toMatchObject({
        id: 'ada',
        position: recorded!.position,
        revision: 1,
        events: 1,
        repeated: false,
      });
      expect(await merge('ada', 'bea')).toMatchObject({ ...outcome, repeated: true });
      expect(codeOf(await merge('ada', 'cy'))).toBe('command/id-reused');
      expect(await reservations()).toHaveLength(1);
    });
    it('write nothing if it is recorded already', async () => {
      await merge('ada', 'bea');
      expect(await merge('ada', 'bea', { commandId: 'other' })).toMatchObject({ id: 'ada', events: 0, revision: 1 });
      expect(await reservations()).toHaveLength(1);
    });
    it('reserve nothing that the survivor’s own stream refuses', async () => {
      expect(codeOf(await merge('nobody', 'bea'))).toBe('lead/unknown');
      expect(codeOf(await merge('ada', 'bea', { expectedRevision: 7 }))).toBe('command/revision-passed');
      await send('ada', 'RecordTouch', { action: 'demo', team: 'marketing' }, undefined, 'merge');
      expect(codeOf(await merge('ada', 'bea'))).toBe('command/id-reused');
      expect(await reservations()).toEqual([]);
    });
    it('decide on the revision that the caller has read', async () => {
      expect(codeOf(await merge('ada', 'bea', { expectedRevision: 0 }))).toBe('accepted');
      expect(await merge('ada', 'bea', { expectedRevision: 0 })).toMatchObject({ repeated: true });
    });
    it('after a crash half way are finished when they are repeated', async () => {
      const append = journal.append.bind(journal);
      journal.append = (stream, facts, expected) =>
        stream === 'lead-ada' ? Promise.reject(new Error('killed')) : append(stream, facts, expected);
      await expect(merge('ada', 'bea')).rejects.toThrow('killed');
      journal.append = append;
      expect(codeOf(await merge('cy', 'bea', { commandId: 'other' }))).toBe('lead/already-merged');
      expect(codeOf(await merge('ada', 'bea'))).toBe('accepted');
      expect(await types('ada')).toEqual(['LeadCaptured', 'LeadMerged']);
    });
  });
});
