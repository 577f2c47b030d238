import fc from 'fast-check';
import {
  catalogueOf,
  DecisionContext,
  eventsOf,
  lookThrough,
  Refused,
  type Instant,
  type Outcome,
  type StoredEvent,
  type To,
  type ToAggregate,
} from '@baton/kernel';
import { FixedClock, foldAll, repetitions } from '@baton/kernel/testing';
import { journeys, type JourneyDocument, type JourneyEvent } from '@baton/attribution';
import { ToVisitor } from '@baton/campaigns';
import { leads, ToLead, type LeadDocument, type LeadEvent } from '@baton/leads';
import { ToOpportunity } from '@baton/opportunities';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { contextParts } from '../apps/contexts';
import { handlersOf } from './support/handlers';

const policies = contextParts.flatMap((parts) => parts.policies);
const catalogue = catalogueOf(eventsOf(contextParts));
const people = ['ada', 'bea', 'cyd'] as const;
const browsers = ['v1', 'v2'] as const;
const at = (day: number): Instant => new Date(Date.UTC(2024, 0, 1) + Math.round(day * 86_400_000)).toISOString();

/** An event on a day, recorded at some time. */
interface Fact {
  readonly what:
    | ('capture' | 'touch' | 'call' | 'visit' | 'identify' | 'merge' | 'unmerge')
    | ('convert' | 'open' | 'role' | 'leave' | 'win' | 'lose' | 'reopen');
  readonly day: number;
  /** A person or a browser. */
  readonly who?: string;
  readonly other?: string;
  /** `deal` by default. */
  readonly deal?: string;
  /** Its index among all facts, before they are ordered: its command id, and its row. */
  readonly n: number;
}

const command = ({
  what,
  who = '',
  other = '',
  deal: opportunityId = 'deal',
}: Fact): readonly [to: ToAggregate, id: string, type: string, data: object] => {
  const [deal, contact] = [{ opportunityId }, { action: 'form', team: 'marketing' }];
  const amount = { minor: 10_000, currency: 'EUR' };
  const commands = {
    capture: [ToLead, who, 'CaptureLead', { leadId: who }],
    touch: [ToLead, who, 'RecordTouch', { leadId: who, ...contact }],
    call: [ToLead, who, 'RecordTouch', { leadId: who, action: 'call', team: 'sales', direction: 'outbound' }],
    convert: [ToLead, who, 'ConvertLead', { leadId: who, opportunityId, external: 'crm' }],
    visit: [ToVisitor, who, 'RecordVisit', { visitorId: who, ...contact }],
    identify: [ToVisitor, who, 'IdentifyVisitor', { visitorId: who, leadId: other }],
    open: [ToOpportunity, opportunityId, 'OpenOpportunity', { ...deal, amount }],
    role: [ToOpportunity, opportunityId, 'AddContactRole', { ...deal, leadId: who, role: other }],
    leave: [ToOpportunity, opportunityId, 'RemoveContactRole', { ...deal, leadId: who }],
    merge: [ToLead, who, 'MergeLead', { leadId: who, mergedLeadId: other }],
    unmerge: [ToLead, who, 'UnmergeLead', { leadId: who, mergedLeadId: other }],
    win: [ToOpportunity, opportunityId, 'WinOpportunity', deal],
    lose: [ToOpportunity, opportunityId, 'LoseOpportunity', { ...deal, reason: 'price' }],
    reopen: [ToOpportunity, opportunityId, 'ReopenOpportunity', { ...deal, reason: 'error' }],
  } as const;
  return commands[what];
};

/** Facts that must be recorded before another one, which would otherwise be refused or without effect. */
const needs = (fact: Fact, other: Fact, facts: readonly Fact[]): boolean => {
  const { what, who } = fact;
  if (fact.deal !== other.deal && other.what !== 'capture') return false;
  if (isClosing(what) && isClosing(other.what)) return facts.indexOf(other) < facts.indexOf(fact);
  if (what === 'convert') return other.what === 'open' || (other.what === 'capture' && other.who === who);
  if (what === 'touch' || what === 'call') return other.what === 'capture' && other.who === who;
  if (what === 'merge') return other.what === 'capture' && (other.who === who || other.who === fact.other);
  if (what === 'unmerge') return other.what === 'merge' && other.who === who && other.other === fact.other;
  if (what === 'role' || what === 'win' || what === 'lose') return other.what === 'open';
  if (what === 'leave')
    return other === facts.find((one) => one.what === 'role' && one.who === who && one.deal === fact.deal);
  return false;
};

/** A log of one process; policies follow after each fact, or only after some of them. */
class World {
  private readonly clock = new FixedClock('2024-06-01T00:00:00.000Z');
  private readonly log = EmbeddedEventLog.open(':memory:', this.clock);
  private readonly keys = new MemoryKeyStore();
  private readonly journal = new SealedJournal(this.log, catalogue, this.keys);
  private readonly context = new DecisionContext(this.clock);
  private readonly handlers = handlersOf(this.journal, this.context, this.keys);
  private readonly events: StoredEvent[] = [];
  private followed = 0;

  private send(to: ToAggregate, sent: To): Promise<Outcome> {
    return this.handlers.get(to)!.execute(sent as never);
  }
  tell(fact: Fact): Promise<Outcome> {
    const [to, id, type, data] = command(fact);
    const meta = { commandId: `fact-${fact.n}`, actor: 'import:facts', origin: 'connector', mode: 'backfill' } as const;
    return this.send(
      to,
      new to(id, { type, data, meta: { ...meta, occurredAt: at(fact.day), sequence: fact.n } } as never),
    );
  }
  private async readOn(): Promise<void> {
    const after = this.events.at(-1)?.position ?? '';
    const { events } = await this.log.readAll(after, {}, 10_000);
    this.events.push(...events.map((event) => this.journal.decode(event)));
  }
  /** All policies along the log, until none has commands left. */
  async follow(): Promise<void> {
    for (await this.readOn(); this.followed < this.events.length; await this.readOn()) {
      const event = this.events[this.followed++]!;
      const look = async (stream: string) =>
        this.events.filter((one) => one.stream === stream && one.position <= event.position);
      for (const policy of policies.filter(({ types }) => types.includes(event.type)))
        for (const [index, reaction] of (await policy.react(event, lookThrough(look))).entries()) {
          const { to, id, type, once, occurredAt = event.occurredAt } = reaction;
          const data = { ...reaction.data, ...(once && { reasons: once.reasons }) };
          const commandId = `${policy.name} ${event.position} ${index}`;
          const meta = { commandId, actor: `policy:${policy.name}`, origin: 'system', mode: 'backfill' } as const;
          const outcome = await this.send(to, new to(id, { type, data, meta: { ...meta, occurredAt } }));
          if (outcome instanceof Refused) expect([policy.name, ...policy.answers]).toContain(outcome.code);
        }
    }
  }
  /** The current journey of the deal, without its history. */
  journey(until: Instant = '9999'): Omit<JourneyDocument, 'restatements'> | undefined {
    const happened = this.events.filter(
      ({ occurredAt }) => occurredAt <= until,
    ) as readonly StoredEvent<JourneyEvent>[];
    const document = foldAll(journeys, happened).get('deal');
    if (!document) return undefined;
    const { restatements: _, ...journey } = document;
    return journey;
  }
  /** The stages of all leads. */
  stages(): ReadonlyMap<string, string> {
    const documents = foldAll<LeadDocument>(leads, this.events as readonly StoredEvent<LeadEvent>[]);
    return new Map([...documents.values()].map(({ leadId, stage }) => [leadId, stage]));
  }
  /** The recorded events of a type. */
  told(type: string): readonly StoredEvent[] {
    return this.events.filter((event) => event.type === type);
  }
  close(): Promise<void> {
    return this.log.close();
  }
}

/** The expected journey of the deal, by the rules of attribution, without product code. */
const expected = (facts: readonly Fact[]) => {
  const of = (what: Fact['what']) => facts.filter((fact) => fact.what === what);
  const [opened] = of('open');
  const [won] = of('win');
  if (!opened || !won || of('reopen').length > 0) return undefined;
  const standing = of('merge').filter(
    ({ who, other }) => !of('unmerge').some((undone) => undone.who === who && undone.other === other),
  );
  const person = (leadId: string): ReadonlySet<string> => {
    const same = new Set([leadId]);
    for (let size = 0; size < same.size;) {
      size = same.size;
      for (const { who, other } of standing) if (same.has(who!) || same.has(other!)) same.add(who!).add(other!);
    }
    return same;
  };
  const roles = new Map<string, string>();
  for (const { what, who, other } of [...of('role'), ...of('leave')].sort((a, b) => a.day - b.day))
    if (what === 'role') roles.set(who!, other!);
    else roles.delete(who!);
  const captured = new Map(of('capture').map(({ who, day }) => [who!, day]));
  const owners = new Map(of('identify').map(({ who, other }) => [who!, other!]));
  const contacts = new Map<number, { day: number; n: number; leadId: string; role: string }>();
  const created: number[] = [];
  for (const [holder, role] of [...roles].sort())
    for (const leadId of person(holder)) {
      if (!captured.has(leadId)) continue;
      created.push(captured.get(leadId)!);
      for (const { what, who, day, n } of [...of('touch'), ...of('visit')]) {
        const owner = what === 'touch' ? who! : owners.get(who!);
        if (owner !== leadId || (contacts.has(n) && leadId !== holder)) continue;
        contacts.set(n, { day, n, leadId, role: roles.get(leadId) ?? role });
      }
    }
  const ordered = [...contacts.values()].sort((a, b) => a.day - b.day || a.n - b.n);
  return {
    status: 'closed',
    closedAt: at(won.day),
    leadCreatedAt: created.length > 0 ? at(Math.min(...created)) : null,
    firstContactAt: ordered.length > 0 ? at(ordered[0]!.day) : null,
    amountMinor: 10_000,
    leadIds: [...roles.keys()].sort(),
    touches: ordered
      .filter(({ day }) => day <= won.day)
      .map(({ day, n, leadId, role }) => ({ occurredAt: at(day), sequence: n, leadId, role })),
  };
};

const day = fc.nat(30);
const anybody = fc.constantFrom(...people);
const some = <T>(one: fc.Arbitrary<T>, maxLength: number) => fc.array(one, { maxLength });
type Drawn = Omit<Fact, 'n'>;
const fact = (what: Fact['what'], of: { who?: fc.Arbitrary<string>; other?: fc.Arbitrary<string> } = {}) =>
  fc.record<Drawn>({ what: fc.constant(what), day, ...of } as never);
/** People, their contacts, and one deal that may close; not ordered yet. */
const histories: fc.Arbitrary<readonly Fact[]> = fc
  .tuple(
    fc.tuple(...people.map((who) => fact('capture', { who: fc.constant(who) }))),
    some(fact('touch', { who: anybody }), 6),
    some(fact('visit', { who: fc.constantFrom(...browsers) }), 4),
    fc.uniqueArray(fact('identify', { who: fc.constantFrom(...browsers), other: anybody }), {
      selector: ({ who }) => who,
      maxLength: 2,
    }),
    fc.uniqueArray(fact('role', { who: anybody, other: fc.constantFrom('user', 'champion') }), {
      selector: ({ who, day: when }) => `${who} ${when}`,
      minLength: 1,
      maxLength: 4,
    }),
    some(fc.tuple(anybody, fc.nat(5)), 1),
    fc.uniqueArray(fact('merge', { who: anybody, other: anybody }), { selector: ({ other }) => other, maxLength: 2 }),
    fc.boolean(),
    fc.tuple(day, day),
    fc.oneof({ weight: 6, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fact('reopen').map((one) => [one]) }),
  )
  .map(([captured, touches, visits, identified, roles, left, merged, undone, [first, second], reopened]) => {
    const merges = merged.filter(({ who, other }) => who !== other);
    // A person leaves only after having had each role.
    const leaves = left.flatMap(([who, later]) => {
      const own = roles.filter((one) => one.who === who);
      return own.length === 0
        ? []
        : [{ what: 'leave' as const, who, day: Math.max(...own.map((one) => one.day)) + 1 + later }];
    });
    const unmerges = undone
      ? merges.slice(0, 1).map((one) => ({ ...one, what: 'unmerge' as const, day: one.day + 1 }))
      : [];
    const deal: Drawn[] = [
      { what: 'open', day: Math.min(first, second) },
      { what: 'win', day: Math.max(first, second) },
      ...reopened,
    ];
    return [
      ...captured,
      ...touches,
      ...visits,
      ...identified,
      ...roles,
      ...leaves,
      ...merges,
      ...unmerges,
      ...deal,
    ].map((one, n) => ({ ...one, n }));
  });

/** The facts in an order in which each can be accepted, as the draws choose. */
const inSomeOrder = (facts: readonly Fact[], draws: readonly number[]): readonly Fact[] => {
  const waiting = [...facts];
  const told: Fact[] = [];
  for (let turn = 0; waiting.length > 0; turn++) {
    const ready = waiting.filter((one) => !waiting.some((other) => other !== one && needs(one, other, facts)));
    const next = ready[draws[turn % draws.length]! % ready.length]!;
    told.push(next);
    waiting.splice(waiting.indexOf(next), 1);
  }
  return told;
};

const counts = new Map<string, number>();
const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);

/**
 * Records the facts; undefined if one of them is refused. @param lag number of facts after which the policies follow
 */
const worldOf = async (facts: readonly Fact[], draws: readonly number[], lag: number): Promise<World | undefined> => {
  const world = new World();
  for (const [index, one] of inSomeOrder(facts, draws).entries()) {
    if ((await world.tell(one)) instanceof Refused) {
      await world.close();
      return undefined;
    }
    if (index % lag === lag - 1) await world.follow();
  }
  await world.follow();
  return world;
};

const orders = fc.array(fc.nat(1000), { minLength: 40, maxLength: 40 });

describe('the journey of a deal', () => {
  const runs = repetitions(500, 20_000);
  it('does not depend on the order of recording, and follows the rules', async () => {
    await fc.assert(
      fc.asyncProperty(histories, orders, fc.integer({ min: 1, max: 12 }), async (facts, draws, lag) => {
        const world = await worldOf(facts, draws, lag);
        if (!world) return count('orders in which a fact is refused'); // such as two merges that exclude each other
        count('worlds');
        for (const { what } of facts) count(what);
        try {
          const said = expected(facts);
          const journey = world.journey();
          if (!said) {
            expect(journey?.status).not.toBe('closed');
            return;
          }
          const touches = journey!.touches.map(({ occurredAt, sequence, leadId, role }) => ({
            ...{ occurredAt, sequence, leadId, role },
          }));
          expect({ ...journey, touches }).toMatchObject(said);
          // A deal is not won before its win: it does not exist in a cut before that day.
          const won = facts.find(({ what }) => what === 'win')!.day;
          expect(world.journey(at(won - 1))).toBeUndefined();
          expect(world.journey(at(won))).toMatchObject({ status: 'closed', closedAt: at(won) });
        } finally {
          await world.close();
        }
      }),
      { numRuns: runs },
    );
    process.stderr.write(`journeys in ${runs} worlds: ${[...counts].map((each) => each.join(' ')).join(', ')}\n`);
  });

  it('has no maximum length, and a late touch adds only itself', async () => {
    const world = new World();
    let n = 0;
    const tell = (what: Fact['what'], day: number, of: Partial<Fact> = {}) => world.tell({ what, day, n: n++, ...of });
    await tell('open', 0);
    for (const who of people) {
      await tell('capture', 0, { who });
      await tell('role', 0, { who, other: 'user' });
    }
    const touches = 2_400;
    for (let touch = 0; touch < touches; touch++) await tell('touch', 1 + (touch % 28), { who: people[touch % 3]! });
    await tell('win', 30);
    await world.follow();
    expect(world.journey()!.touches).toHaveLength(touches);
    const stated = world.told('JourneyClosed').length;
    expect(stated).toBeGreaterThan(4); // more than fits in one append
    await tell('touch', 2, { who: 'ada' });
    await world.follow();
    expect(world.journey()!.touches).toHaveLength(touches + 1);
    expect(world.told('JourneyClosed')).toHaveLength(stated);
    expect(world.told('JourneyRestated')).toMatchObject([
      { data: { reasons: ['late-touch'], added: [{ leadId: 'ada' }], changed: [], removed: [] } },
    ]);
    await world.close();
  });
});

/** The expected stage of a person, by the rule of the lifecycle alone. */
const stageBy = (facts: readonly Fact[], who: string): string => {
  const own = facts.filter((fact) => fact.who === who);
  if (!own.some(({ what }) => what === 'convert')) return 'lead';
  const over: number[] = own.filter(({ what }) => what === 'convert').map(({ day }) => day);
  let [won, open] = [false, false];
  for (const deal of deals) {
    const its = facts.filter((fact) => fact.deal === deal);
    const last = its.filter(({ what }) => isClosing(what)).at(-1);
    const end = last && last.what !== 'reopen' ? last : undefined;
    const joins = (until: number) =>
      own
        .filter((one) => one.deal === deal && ['role', 'convert', 'leave'].includes(one.what) && one.day <= until)
        .sort((a, b) => a.day - b.day);
    const latest = joins(Infinity).at(-1);
    if (!latest) continue;
    const on = latest.what !== 'leave';
    const tookPart = end !== undefined && (on || (joins(end.day).at(-1)?.what ?? 'leave') !== 'leave');
    won ||= tookPart && end?.what === 'win';
    open ||= on && !end;
    const before = end ? joins(end.day) : joins(Infinity);
    const present = end !== undefined && before.length > 0 && before.at(-1)!.what !== 'leave';
    // A deal ends for a person at its close, or when the person leaves it before; a person who joins later joins a
    // closed deal.
    if (present) over.push(end.day);
    else if (end || !on) over.push(before.findLast(({ what }) => what === 'leave')?.day ?? 0);
  }
  if (won) return 'customer';
  if (open) return 'opportunity';
  return own.some(({ what, day: when }) => what === 'touch' && when > Math.max(...over)) ? 'lead' : 'recycled';
};
const isClosing = (what: Fact['what']): boolean => what === 'win' || what === 'lose' || what === 'reopen';

const deals = ['one', 'two'] as const;
const buyers = ['ada', 'bea'] as const;
/** People on two deals that are won, lost and reopened. */
const anyDeal = (deal: (typeof deals)[number]) =>
  fc.record({
    deal: fc.constant(deal),
    converted: fc.subarray([...buyers]),
    roles: fc.subarray([...buyers]),
    left: fc.subarray([...buyers]),
    closes: fc.constantFrom<(readonly Fact['what'][])[]>(
      ...([[], ['win'], ['lose'], ['win', 'reopen'], ['lose', 'reopen']] as const),
      ...([
        ['lose', 'reopen', 'win'],
        ['win', 'reopen', 'lose'],
      ] as const),
    ),
  });
const dealHistories: fc.Arbitrary<readonly Fact[]> = fc
  .tuple(
    anyDeal('one'),
    anyDeal('two'),
    some(fc.tuple(fc.constantFrom('touch' as const, 'call' as const), fc.constantFrom(...buyers)), 4),
    fc.array(fc.nat(10_000), { minLength: 30, maxLength: 30 }),
  )
  .map(([one, two, touches, draws]) => {
    const drawn: Omit<Drawn, 'day'>[] = [
      ...[one, two].flatMap<Omit<Drawn, 'day'>>(({ deal, converted, roles, left, closes }) => [
        { what: 'open' as const, deal },
        ...converted.map((who) => ({ what: 'convert' as const, deal, who })),
        ...roles.map((who) => ({ what: 'role' as const, deal, who, other: 'user' })),
        ...left.filter((who) => roles.includes(who)).map((who) => ({ what: 'leave' as const, deal, who })),
        ...closes.map((what) => ({ what, deal })),
      ]),
      ...touches.map(([what, who]) => ({ what, who })),
    ];
    // No two at the same instant. People join and leave while a deal is open for the first time: joining or leaving
    // after a close is recorded with the close, so the order may matter there. Touches are spread over the whole time.
    const span = ({ what }: Omit<Drawn, 'day'>): readonly [number, number] =>
      isClosing(what) ? [26, 25] : what === 'touch' || what === 'call' ? [0, 50] : [0, 25];
    const dated = drawn.map((fact, n) => {
      const [start, length] = span(fact);
      return { ...fact, n, day: 1 + start + (draws[n]! / 10_000) * length + n / 1e4 };
    });
    for (const deal of deals) {
      const closes = dated.filter((fact) => fact.deal === deal && isClosing(fact.what));
      const days = closes.map(({ day: when }) => when).sort((a, b) => a - b);
      closes.forEach((fact, index) => (fact.day = days[index]!));
    }
    const first = buyers.map((who, index) => ({ what: 'capture' as const, who, day: 0, n: dated.length + index }));
    return [...first, ...dated.map((fact) => (fact.what === 'open' ? { ...fact, day: 0 } : fact))];
  });

describe('the stage of a person', () => {
  const runs = repetitions(500, 20_000);
  const kinds = new Map<string, number>();
  const add = (kind: string): void => void kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  it('follows from the deals in any order of recording', async () => {
    await fc.assert(
      fc.asyncProperty(dealHistories, orders, fc.integer({ min: 1, max: 12 }), async (facts, draws, lag) => {
        const world = await worldOf(facts, draws, lag);
        if (!world) throw new Error('No fact of these histories is refused.');
        try {
          for (const who of buyers) {
            add(`${stageBy(facts, who)} in the end`);
            expect([who, world.stages().get(who)]).toEqual([who, stageBy(facts, who)]);
          }
          for (const { what } of facts) add(what);
        } finally {
          await world.close();
        }
      }),
      { numRuns: runs },
    );
    process.stderr.write(`stages in ${runs} worlds: ${[...kinds].map((each) => each.join(' ')).join(', ')}\n`);
  });
  it('was each of them in those worlds', () =>
    expect([...kinds.keys()]).toEqual(
      expect.arrayContaining(['lead', 'opportunity', 'customer', 'recycled'].map((stage) => `${stage} in the end`)),
    ));
});
