import fc from 'fast-check';
import {
  Accepted,
  catalogueOf,
  Conflict,
  DecisionContext,
  handle,
  isSealed,
  Refused,
  type CommandMeta,
  type Journal,
  type Outcome,
  type StoredEvent,
} from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { leadDecider } from '../lead/lead.decider';
import { leadEvents, type LeadCommand } from '../lead/lead.events';
import { claimAndHandle, findLead } from './identity';
import { identityEvents } from './identity.events';
import { Reservations, type Identity } from './reservations';

const catalogue = catalogueOf([leadEvents, identityEvents]);
const meta = (commandId: string): CommandMeta => ({ commandId, actor: 'tester', origin: 'person' });

/** An empty log, and ways to send commands. `alone`: each command in a process of its own. */
const world = (alone = false) => {
  const clock = new FixedClock();
  const log = EmbeddedEventLog.open(':memory:', clock);
  const keys = new MemoryKeyStore();
  const journal = new SealedJournal(log, catalogue, keys);
  const shared = new DecisionContext(clock);
  const context = () => (alone ? new DecisionContext(clock, undefined, 10) : shared);
  const capture = (id: string, identity: Identity, commandId = `capture ${id}`, on: Journal = journal) =>
    claimAndHandle(on, keys, context(), id, {
      type: 'CaptureLead',
      data: { leadId: id, ...identity },
      meta: meta(commandId),
    });
  const change = (id: string, data: { email?: string; title?: string }, commandId: string) =>
    claimAndHandle(journal, keys, context(), id, {
      type: 'UpdateLead',
      data: { leadId: id, ...data },
      meta: meta(commandId),
    });
  const send = (command: Omit<LeadCommand, 'meta'>, commandId: string) =>
    handle(journal, leadDecider, command.data.leadId, { ...command, meta: meta(commandId) } as LeadCommand, context());
  const opened = async (event: StoredEvent): Promise<StoredEvent> => {
    const data = { ...(event.data as Record<string, unknown>) };
    for (const [name, value] of Object.entries(data)) if (isSealed(value)) [data[name]] = await journal.open([value]);
    return { ...event, data };
  };
  const events = async (): Promise<readonly StoredEvent[]> =>
    Promise.all((await log.readAll('', undefined, 100_000)).events.map((event) => opened(journal.decode(event))));
  return {
    log,
    keys,
    journal,
    capture,
    change,
    send,
    events,
    find: (identity: Identity) => findLead(journal, keys, identity),
    reservations: new Reservations(journal, keys),
  };
};
type World = ReturnType<typeof world>;
const code = (outcome: Outcome) => (outcome instanceof Refused ? outcome.code : 'accepted');

/** Every captured lead has its reservations, and no other lead has them. */
const expectSound = async ({ events, reservations }: World) => {
  const owners = new Map<string, string>();
  for (const { type, data } of await events()) {
    if (type !== 'LeadCaptured' && type !== 'LeadProfileChanged') continue;
    for (const [name, value] of Object.entries({ email: data.email, externalId: data.externalId }))
      if (value !== undefined) {
        expect(owners.get(`${name} ${value}`) ?? data.leadId).toBe(data.leadId);
        owners.set(`${name} ${value}`, data.leadId);
        const [reservation] = await reservations.of({ [name]: value });
        expect(reservation).toMatchObject({ leadId: data.leadId });
      }
  }
  return owners;
};

describe('a capture with an e-mail', () => {
  it('reserves it, and never stores it in clear', async () => {
    const w = world();
    expect(await w.capture('ada', { email: 'Ada@Example.org ' })).toMatchObject({ id: 'ada', events: 1 });
    expect(await w.find({ email: 'ada@example.org' })).toBe('ada');
    const { events } = await w.log.readAll('');
    expect(JSON.stringify(events)).not.toMatch(/example\.org/i);
    expect(events.find(({ type }) => type === 'IdentityReserved')?.data).toEqual({
      kind: 'e-mail-address',
      leadId: 'ada',
    });
  });
  it('is recognised in every form of one address, and stored in one form', async () => {
    const w = world();
    await w.capture('ada', { email: 'mailto:Ada@Müller.example' });
    const forms = ['ada@xn--mller-kva.example', 'Ada <ADA@müller.example.>', '\u200bada＠müller.example '];
    for (const [n, email] of forms.entries()) {
      expect(await w.find({ email })).toBe('ada');
      expect(code(await w.capture(`other${n}`, { email }))).toBe('lead/already-captured');
    }
    expect((await w.events()).find(({ type }) => type === 'LeadCaptured')!.data.email).toBe(
      'ada@xn--mller-kva.example',
    );
  });
  it.each(['n/a', 'none', 'none@none', 'not an email at all'])(
    'does not accept "%s", which would join unrelated people',
    async (email) => {
      const w = world();
      expect(await w.capture('ada', { email })).toMatchObject({ code: 'command/invalid', path: 'email' });
      expect(await w.find({ email })).toBeUndefined();
      expect(await w.events()).toEqual([]);
    },
  );
  it('of a known person is refused with the lead', async () => {
    const w = world();
    await w.capture('ada', { email: 'ada@example.org' });
    const outcome = await w.capture('bea', { email: 'ADA@example.org' });
    expect(outcome).toMatchObject({ code: 'lead/already-captured', details: { leadId: 'ada' } });
    expect(await w.journal.read('lead-bea')).toEqual([]);
  });
  it('sent again returns the first result', async () => {
    const w = world();
    const first = await w.capture('ada', { email: 'ada@example.org', externalId: 'crm:1' });
    const before = (await w.events()).length;
    expect(await w.capture('ada', { email: 'ada@example.org', externalId: 'crm:1' })).toEqual({
      ...(first as Accepted),
      repeated: true,
    });
    expect(await w.events()).toHaveLength(before);
  });
  it('sent again with another body is refused, and reserves nothing', async () => {
    const w = world();
    await w.capture('ada', { email: 'ada@example.org' });
    expect(code(await w.capture('ada', { email: 'other@example.org' }))).toBe('command/id-reused');
    expect(await w.find({ email: 'other@example.org' })).toBeUndefined();
    expect(code(await w.capture('bea', { email: 'other@example.org' }))).toBe('accepted');
    await expectSound(w);
  });
  it('under the id of another person is refused, and reserves nothing', async () => {
    const w = world();
    await w.capture('ada', { email: 'ada@example.org' });
    expect(code(await w.capture('ada', { email: 'bea@example.org' }, 'other'))).toBe('lead/already-captured');
    expect(await w.find({ email: 'bea@example.org' })).toBeUndefined();
    await expectSound(w);
  });
  it('that is malformed reserves nothing', async () => {
    const w = world();
    expect(code(await w.capture('ada', { email: 'x' }))).toBe('command/invalid');
    expect(await w.events()).toEqual([]);
  });
  it('has a separate key for each kind of value', async () => {
    const w = world();
    await w.capture('ada', { externalId: 'mailto:1' });
    expect(await w.find({ email: 'mailto:1' })).toBeUndefined();
    expect(await w.find({})).toBeUndefined();
  });
  it('is found under an older secret', async () => {
    const w = world();
    await w.capture('ada', { email: 'ada@example.org' });
    await w.keys.rotate('reservations');
    expect(await w.find({ email: 'ada@example.org' })).toBe('ada');
    expect(code(await w.capture('bea', { email: 'ada@example.org' }))).toBe('lead/already-captured');
    expect(code(await w.capture('bea', { email: 'bea@example.org' }))).toBe('accepted');
    await expectSound(w);
  });
});

describe('a crash between reservation and capture', () => {
  const crash = async (w: World, id: string, identity: Identity) => {
    const broken: Journal = Object.create(w.journal, {
      append: {
        value: (stream: string, ...rest: [never, never]) =>
          stream.startsWith('lead-') ? Promise.reject(new Error('killed')) : w.journal.append(stream, ...rest),
      },
    });
    await expect(w.capture(id, identity, `capture ${id}`, broken)).rejects.toThrow('killed');
  };
  it('is finished by the next command, with the reserved id', async () => {
    const w = world();
    await crash(w, 'ada', { email: 'ada@example.org' });
    expect(await w.find({ email: 'ada@example.org' })).toBeUndefined();
    expect(await w.capture('bea', { email: 'ada@example.org' })).toMatchObject({ id: 'ada', repeated: false });
    expect(await w.capture('bea', { email: 'ada@example.org' })).toMatchObject({ id: 'ada', repeated: true });
    expect(await w.capture('ada', { email: 'ada@example.org' })).toMatchObject({
      code: 'lead/already-captured',
      details: { leadId: 'ada' },
    });
    await expectSound(w);
  });
  it('is finished by the same command', async () => {
    const w = world();
    await crash(w, 'ada', { email: 'ada@example.org' });
    expect(await w.capture('ada', { email: 'ada@example.org' })).toMatchObject({ id: 'ada', repeated: false });
    await expectSound(w);
  });
  it('of two captures of one person leaves one lead, and the other id is never used', async () => {
    const w = world();
    await crash(w, 'ada', { email: 'ada@example.org' });
    await crash(w, 'bea', { externalId: 'crm:1' });
    const outcome = await w.capture('cy', { email: 'ada@example.org', externalId: 'crm:1' });
    const kept = (outcome as Accepted).id;
    const sealed = kept === 'ada' ? 'bea' : 'ada';
    expect(['ada', 'bea']).toContain(kept);
    expect(await w.find({ email: 'ada@example.org' })).toBe(kept);
    expect(await w.find({ externalId: 'crm:1' })).toBe(kept);
    expect((await w.journal.read(`lead-${sealed}`)).map(({ type }) => type)).toEqual(['LeadIdReleased']);
    expect(code(await w.capture(sealed, {}))).toBe('lead/id-released');
    expect(code(await w.capture(sealed, { email: 'new@example.org' }))).toBe('lead/id-released');
    expect(await w.find({ email: 'new@example.org' })).toBeUndefined();
    await expectSound(w);
  });
});

describe('a new e-mail of a known lead', () => {
  it('is reserved too, and the old one stays reserved', async () => {
    const w = world();
    await w.capture('ada', { email: 'ada@example.org' });
    expect(code(await w.change('ada', { email: 'ada@example.com' }, 'c'))).toBe('accepted');
    expect(await w.find({ email: 'ada@example.com' })).toBe('ada');
    expect(await w.find({ email: 'ada@example.org' })).toBe('ada');
    expect(await w.change('ada', { email: 'ada@example.com' }, 'c')).toMatchObject({ repeated: true });
    await expectSound(w);
  });
  it('that another lead has is refused', async () => {
    const w = world();
    await w.capture('ada', { email: 'ada@example.org' });
    await w.capture('bea', { email: 'bea@example.org' });
    expect(await w.change('bea', { email: 'ada@example.org' }, 'c')).toMatchObject({
      code: 'lead/already-captured',
      details: { leadId: 'ada' },
    });
    await expectSound(w);
  });
  it('is free again when the change is refused', async () => {
    const w = world();
    await w.capture('ada', { externalId: 'crm:1' });
    await w.keys.destroy('ada');
    expect(code(await w.change('ada', { email: 'ada@example.org' }, 'c'))).toBe('lead/erased');
    expect(code(await w.capture('bea', { email: 'ada@example.org' }))).toBe('accepted');
    expect(await w.find({ email: 'ada@example.org' })).toBe('bea');
  });
  it('of an unknown lead reserves nothing', async () => {
    const w = world();
    expect(code(await w.change('ada', { email: 'ada@example.org' }, 'c'))).toBe('lead/unknown');
    expect(await w.events()).toEqual([]);
  });
});

describe('a lead', () => {
  it('has neither an id nor an external id that is an address: they stay when it is erased', async () => {
    const w = world();
    expect(code(await w.capture('ada@example.org', {}))).toBe('lead/address-as-id');
    expect(await w.capture('ada', { externalId: 'crm:ada@example.org' })).toMatchObject({ path: 'externalId' });
    expect(code(await w.capture('ada', { externalId: 'crm:1@eu' }))).toBe('accepted');
  });
});

describe('many concurrent commands', () => {
  it.each([false, true])('of one e-mail make one lead (each in its own process: %s)', async (alone) => {
    const w = world(alone);
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, n) => w.capture(`lead${n}`, { email: 'ada@example.org' })),
    );
    const accepted = outcomes.filter((outcome) => outcome instanceof Accepted);
    expect(accepted).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome instanceof Refused)
        expect(outcome).toMatchObject({ code: 'lead/already-captured', details: { leadId: accepted[0]!.id } });
    expect((await w.events()).filter(({ type }) => type === 'LeadCaptured')).toHaveLength(1);
    await expectSound(w);
  });
  it('never leave a lead without its reservation, nor two leads with one', async () => {
    const email = fc.constantFrom('a@x.org', 'b@x.org', undefined);
    const externalId = fc.constantFrom('crm:1', 'crm:2', undefined);
    const claim = fc.record({
      id: fc.constantFrom('l1', 'l2', 'l3', 'l4'),
      email,
      externalId,
      change: fc.boolean(),
      crash: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(claim, { minLength: 2, maxLength: 8 }),
        fc.infiniteStream(fc.nat(3)),
        async (claims, pauses) => {
          const w = world(true);
          // Reads are delayed by random turns, so that commands interleave in any order.
          const read = w.journal.read.bind(w.journal);
          w.journal.read = async (...args) => {
            for (let turns = pauses.next().value as number; turns > 0; turns--) await new Promise(setImmediate);
            return read(...args);
          };
          const dying: Journal = Object.create(w.journal, {
            append: {
              value: (stream: string, ...rest: [never, never]) =>
                stream.startsWith('lead-') ? Promise.reject(new Error('killed')) : w.journal.append(stream, ...rest),
            },
          });
          const sent = claims.map(({ id, email, externalId, change, crash }, n) => {
            const identity = { ...(email && { email }), ...(externalId && { externalId }) };
            return change
              ? w.change(id, { title: `t${n}`, ...(email && { email }) }, `change ${n}`)
              : w.capture(id, identity, `capture ${n}`, crash ? dying : w.journal);
          });
          for (const result of await Promise.allSettled(sent))
            if (result.status === 'rejected' && !(result.reason instanceof Conflict))
              expect((result.reason as Error).message).toBe('killed');
          await expectSound(w);
          await w.log.close();
        },
      ),
      { numRuns: 100 },
    );
  });
});
