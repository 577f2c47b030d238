import {
  catalogueOf,
  DecisionContext,
  Journal,
  KeyStore,
  lookThrough,
  Refused,
  type CommandMeta,
  type Message,
  type Outcome,
  type Policy,
  type StoredEvent,
} from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import { findLead, identityEvents, leadEvents, mergesEvents, ToLead, type LeadCommand } from '@baton/leads';
import { leadsParts } from '@baton/leads/leads.module';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { personEvents, ToPrivacy, type PersonCommand } from '@baton/privacy';
import { privacyParts } from '@baton/privacy/privacy.module';

const [completeErasures] = privacyParts.policies as [Policy];
const catalogue = catalogueOf([leadEvents, identityEvents, mergesEvents, personEvents]);
const open: EmbeddedEventLog[] = [];
afterEach(() => open.splice(0).forEach((log) => void log.close()));

/** Ada was captured three times: `ada`, `ada-2` merged into her, and `ada-3` merged into that; `bob` is somebody else. */
const world = async () => {
  const clock = new FixedClock();
  const log = EmbeddedEventLog.open(':memory:', clock);
  open.push(log);
  const keys = new MemoryKeyStore();
  const journal: Journal = new SealedJournal(log, catalogue, keys);
  const services = () => {
    const context = new DecisionContext(clock);
    const get = (service: unknown) => (service === Journal ? journal : service === KeyStore ? keys : context) as never;
    const check = privacyParts.beforeSending!(get);
    return { check, lead: leadsParts.aggregates[0]!.handler!(get), person: privacyParts.aggregates[0]!.handler!(get) };
  };
  let sent = 0;
  const meta = (commandId = `c${++sent}`): CommandMeta => ({ commandId, actor: 'rita', origin: 'person' });
  const toLead = (type: LeadCommand['type'], leadId: string, data: object = {}, commandId?: string) =>
    services().lead.execute(
      new ToLead(leadId, { type, data: { leadId, ...data }, meta: meta(commandId) } as LeadCommand),
    );
  const toPerson = (type: PersonCommand['type'], leadId: string, data: object = {}, commandId?: string) =>
    services().person.execute(
      new ToPrivacy(leadId, { type, data: { leadId, ...data }, meta: meta(commandId) } as PersonCommand),
    );
  const events = async (stream: string) => (await journal.read(stream)).map(({ type }) => type);
  /** What the policy does with the whole log, as after a restart. */
  const restart = async () => {
    for (
      let after = '', page;
      (page = await log.readAll(after, { types: completeErasures.types })).events.length > 0;
    ) {
      for (const stored of page.events) {
        const event = journal.decode(stored);
        const before = ({ position }: StoredEvent) => position <= event.position;
        const look = lookThrough(async (stream) => (await journal.read(stream)).filter(before));
        for (const { id, type, data } of await completeErasures.react(event, look))
          expect(await toPerson(type as never, id, data, `${event.id} ${type} ${id}`)).not.toBeInstanceOf(Refused);
      }
      after = page.position;
    }
  };
  await toLead('CaptureLead', 'ada', { name: 'Ada', email: 'ada@example.org', externalId: 'crm:1' }, 'first');
  await toLead('UpdateLead', 'ada', { email: 'ada@example.com' });
  await toLead('CaptureLead', 'ada-2', { email: 'ada2@example.org' });
  await toLead('CaptureLead', 'ada-3', { email: 'ada3@example.org' });
  await toLead('CaptureLead', 'bob', { email: 'bob@example.org' });
  for (const [leadId, mergedLeadId] of [
    ['ada-2', 'ada-3'],
    ['ada', 'ada-2'],
    ['ada', 'bob'],
  ] as const)
    await toLead('MergeLead', leadId, { mergedLeadId });
  await toLead('FollowMerge', 'ada-2', { survivorId: 'ada', mergeNumber: 1 });
  await toLead('FollowMerge', 'ada-3', { survivorId: 'ada-2', mergeNumber: 0 });
  await toLead('UnmergeLead', 'ada', { mergedLeadId: 'bob' });
  const mayBeSent = async (leadId: string | undefined, toLead?: Message['toLead']) =>
    (await services().check({ leadId, toLead } as Message))?.code ?? 'sent';
  return { log, keys, journal, toLead, toPerson, events, restart, mayBeSent };
};
type World = Awaited<ReturnType<typeof world>>;
const because = { reason: 'request' } as const;
const code = (outcome: Outcome) => (outcome instanceof Refused ? outcome.code : 'accepted');
const ADDRESSES = ['ada@example.org', 'ada@example.com', 'ada2@example.org', 'ada3@example.org'];

const expectErased = async ({ keys, journal, events }: World) => {
  const found = await keys.find(['ada', 'ada-2', 'ada-3', 'bob']);
  expect([...found].filter(([, key]) => key === null).map(([subject]) => subject)).toEqual(['ada', 'ada-2', 'ada-3']);
  for (const leadId of ['ada', 'ada-2', 'ada-3'])
    expect((await events(`privacy-${leadId}`)).filter((type) => type === 'PersonErased')).toHaveLength(1);
  for (const email of ADDRESSES) expect(await findLead(journal, keys, { email })).toBeUndefined();
  expect(await findLead(journal, keys, { externalId: 'crm:1' })).toBeUndefined();
  expect(await findLead(journal, keys, { email: 'bob@example.org' })).toBe('bob');
};
const released = async ({ log }: World): Promise<number> =>
  (await log.readAll('', { types: ['IdentityReleased'] }, 100)).events.length;

describe('EraseLead', () => {
  it.each(['ada', 'ada-2', 'ada-3'])('erases all leads of the person, whichever is named (%s)', async (leadId) => {
    const w = await world();
    expect(code(await w.toPerson('EraseLead', leadId, because))).toBe('accepted');
    await expectErased(w);
    expect(await released(w)).toBe(5);
    await w.restart();
    await expectErased(w);
  });

  it('repeated, by the same command or another, is a success and changes nothing', async () => {
    const w = await world();
    const first = await w.toPerson('EraseLead', 'ada', because, 'x');
    const tip = await w.log.tip();
    expect(await w.toPerson('EraseLead', 'ada', because, 'x')).toEqual({ ...(first as object), repeated: true });
    expect(await w.toPerson('EraseLead', 'ada', { reason: 'objection' }, 'y')).toMatchObject({ events: 0 });
    expect(await w.log.tip()).toBe(tip);
    expect(code(await w.toPerson('EraseLead', 'ada', { reason: 'objection' }, 'x'))).toBe('command/id-reused');
  });

  it('is refused for a lead that nobody captured', async () => {
    const w = await world();
    expect(code(await w.toPerson('EraseLead', 'eve', because))).toBe('lead/unknown');
    expect(code(await w.toPerson('PlaceLegalHold', 'eve', { hold: 'x', reason: 'audit' }))).toBe('lead/unknown');
  });

  it('is refused while one of the leads is under legal hold', async () => {
    const w = await world();
    await w.toPerson('PlaceLegalHold', 'ada-3', { hold: 'case-7', reason: 'litigation' });
    expect(await w.toPerson('EraseLead', 'ada', because)).toMatchObject({
      code: 'privacy/on-hold',
      details: { leadId: 'ada-3', holds: ['case-7'] },
    });
    expect((await w.keys.find(['ada'])).get('ada')).toBeInstanceOf(Buffer);
    await w.toPerson('ReleaseLegalHold', 'ada-3', { hold: 'case-7' });
    expect(code(await w.toPerson('EraseLead', 'ada', because))).toBe('accepted');
    await expectErased(w);
  });

  it('ends every command with personal data of the person; others are still recorded', async () => {
    const w = await world();
    await w.toPerson('EraseLead', 'ada', because);
    const capture = { name: 'Ada', email: 'ada@example.org', externalId: 'crm:1' };
    expect(code(await w.toLead('CaptureLead', 'ada', capture, 'first'))).toBe('lead/erased');
    expect(code(await w.toLead('UpdateLead', 'ada', { email: 'new@example.org' }))).toBe('lead/erased');
    expect(code(await w.toLead('UpdateLead', 'ada-3', { name: 'Ada' }))).toBe('lead/erased');
    expect(code(await w.toLead('RecordTouch', 'ada', { action: 'call', team: 'sales' }))).toBe('accepted');
    // The address is free: a person who comes back is a new lead.
    expect(await w.toLead('CaptureLead', 'ada-again', { email: 'ada@example.org' })).toMatchObject({ id: 'ada-again' });
    await expectErasedBut(w, 'ada@example.org', 'ada-again');
  });

  it('frees an address that was claimed while the key was being destroyed', async () => {
    const w = await world();
    await w.keys.destroy('ada'); // before its addresses could be read
    expect(await findLead(w.journal, w.keys, { email: 'ada@example.org' })).toBeUndefined();
    expect(await w.toLead('CaptureLead', 'eve', { email: 'ada@example.org' })).toMatchObject({ id: 'eve' });
    expect(await findLead(w.journal, w.keys, { email: 'ada@example.org' })).toBe('eve');
  });

  it('killed at every step ends erased after a restart', async () => {
    let steps = 0;
    for (let finished = false; !finished; steps++) {
      const w = await world();
      let left = steps;
      const dying =
        <A extends unknown[], R>(work: (...given: A) => Promise<R>) =>
        (...given: A): Promise<R> =>
          left-- > 0 ? work(...given) : Promise.reject(new Error('killed'));
      const [append, destroy] = [w.journal.append.bind(w.journal), w.keys.destroy.bind(w.keys)];
      [w.journal.append, w.keys.destroy] = [dying(append), dying(destroy)];
      const outcome = await w.toPerson('EraseLead', 'ada-2', because).catch((error: Error) => error.message);
      finished = outcome !== 'killed';
      [w.journal.append, w.keys.destroy] = [append, destroy];
      await w.restart();
      if (steps > 0) await expectErased(w);
      else expect(await w.events('privacy-ada')).toEqual([]); // nothing was decided
    }
    expect(steps).toBeGreaterThanOrEqual(15); // 3 decisions, 5 addresses, 3 keys and 3 records
  });
});

const expectErasedBut = async ({ keys, journal }: World, email: string, leadId: string) => {
  expect((await keys.find(['ada'])).get('ada')).toBeNull();
  expect(await findLead(journal, keys, { email })).toBe(leadId);
};

describe('a message to a lead', () => {
  const [news, calls] = [
    { purpose: 'newsletter', channel: 'email' },
    { purpose: 'newsletter', channel: 'phone' },
  ] as const;
  const give = { ...news, source: 'form', textVersion: '1' };
  it('is sent only with the consent of the person for its purpose and channel', async () => {
    const { toPerson, mayBeSent } = await world();
    expect(await mayBeSent('ada', news)).toBe('privacy/no-consent');
    expect(code(await toPerson('GiveConsent', 'ada', give))).toBe('accepted');
    expect(await mayBeSent('ada', news)).toBe('sent');
    expect(await mayBeSent('ada', calls)).toBe('privacy/no-consent');
    expect(await mayBeSent('bob', news)).toBe('privacy/no-consent');
    expect(await mayBeSent('nobody', news)).toBe('privacy/no-consent');
    expect(code(await toPerson('GiveConsent', 'nobody', give))).toBe('lead/unknown');
  });
  it('depends on what was said last on any of the merged leads', async () => {
    const { toPerson, mayBeSent } = await world();
    await toPerson('GiveConsent', 'ada', give);
    await toPerson('WithdrawConsent', 'ada-3', { ...news, source: 'link' }); // at the same instant
    for (const leadId of ['ada', 'ada-2', 'ada-3']) expect(await mayBeSent(leadId, news)).toBe('privacy/no-consent');
  });
  it('is not sent to a person who was erased', async () => {
    const { toPerson, mayBeSent } = await world();
    await toPerson('GiveConsent', 'ada', give);
    await toPerson('EraseLead', 'ada-3', because);
    expect(await mayBeSent('ada', news)).toBe('privacy/erased');
  });
  it('is another thing than one about a lead to our own people', async () => {
    const { mayBeSent } = await world();
    expect(await mayBeSent('ada')).toBe('sent');
    expect(await mayBeSent(undefined)).toBe('sent');
  });
});
