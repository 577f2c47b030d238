import fc from 'fast-check';
import {
  Accepted,
  catalogueOf,
  DecisionContext,
  fromMs,
  handle,
  lookThrough,
  Refused,
  toMs,
  type Definition,
  type Instant,
  type Json,
  type Outcome,
  type StoredEvent,
} from '@baton/kernel';
import { FixedClock, foldAll } from '@baton/kernel/testing';
import {
  handoffCounts,
  handoffsAfter,
  identityEvents,
  leadCommands,
  leadEvents,
  leads,
  mergesEvents,
  ToLead,
  ToMerges,
  type Disposition,
  type Handoff,
  type LeadCommand,
  type LeadDocument,
} from '@baton/leads';
import { startingPolicy } from '@baton/sla-clocks';
import { LeadHandler } from '@baton/leads/write/lead/lead.handler';
import { leadsParts } from '@baton/leads/leads.module';
import { mergesDecider } from '@baton/leads/write/merges/merges.decider';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';

const runs = process.env['TEST_LONG'] ? 2_000 : 40;
const START = toMs('2024-01-01T09:00:00.000Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const people = ['ada', 'bea', 'cyd'] as const;
const deals = ['o1', 'o2'] as const;

/** The agreed lifecycle, by hand: the stage that each event leaves, and the one it leads to. */
const working = ['lead', 'mql', 'handed-off', 'sal', 'sql', 'opportunity', 'customer', 'rejected', 'recycled'];
const table: Readonly<Record<string, { readonly from: readonly string[]; readonly to: string }>> = {
  LeadCaptured: { from: ['nobody'], to: 'lead' },
  LeadQualified: { from: ['lead'], to: 'mql' },
  LeadHandedOff: { from: ['mql'], to: 'handed-off' },
  LeadAccepted: { from: ['handed-off'], to: 'sal' },
  LeadRejected: { from: ['handed-off', 'sal'], to: 'rejected' },
  LeadRecycled: { from: ['handed-off', 'sal', 'sql'], to: 'recycled' },
  LeadSalesQualified: { from: ['sal'], to: 'sql' },
  LeadConverted: { from: ['sql'], to: 'opportunity' },
  LeadReturnedToOpportunity: { from: [], to: 'opportunity' },
  LeadBecameCustomer: { from: ['opportunity'], to: 'customer' },
  LeadReengaged: { from: ['recycled', 'rejected'], to: 'lead' },
  LeadDisqualified: { from: working, to: 'disqualified' },
};
/** Decisions of people; on a merged lead they are refused. */
const decided = [
  'LeadHandedOff',
  'LeadAccepted',
  'LeadRejected',
  'LeadSalesQualified',
  'LeadConverted',
  'LeadDisqualified',
];
/** If a rule decided, the event names the definition of one of these kinds. */
const ruled: Readonly<Record<string, readonly string[]>> = {
  LeadQualified: ['mql', 'scoring-model'],
  LeadHandedOff: ['mql', 'scoring-model'],
  LeadAccepted: ['mql', 'scoring-model'],
  LeadRejected: ['mql', 'scoring-model', 'sql'],
  LeadSalesQualified: ['sql'],
  LeadConverted: ['sql', 'mql', 'scoring-model'],
};
/** The next command for a lead at a stage. */
const next: Readonly<Record<string, LeadCommand['type']>> = {
  nobody: 'CaptureLead',
  lead: 'QualifyLead',
  mql: 'HandOffRoutedLead',
  'handed-off': 'AcceptLead',
  sal: 'SalesQualifyLead',
  sql: 'ConvertLead',
  opportunity: 'NoteOpportunityWon',
};

const visits = (gte: number): Json => ({ criteria: { touches: { page: '/product' }, gte, within: 'P30D' } });
const model: Json = {
  threshold: 20,
  fit: { rules: [] },
  engagement: { rules: [{ code: 'download', touches: { action: 'download' }, points: 10, halfLife: 'P20D' }] },
};
/** Versions of each kind, with the day from which they are in force. */
const agreed: Readonly<Record<string, readonly { readonly day: number; readonly body: unknown }[]>> = {
  mql: [
    { day: 0, body: visits(2) },
    { day: 12, body: visits(3) },
  ],
  'scoring-model': [{ day: 4, body: model }],
  sql: [{ day: 0, body: {} }],
  'sla-policy': [{ day: 0, body: startingPolicy(['duplicate', 'wrong-person']) }],
};
const inForce = (kind: string, at: Instant | number): Definition | undefined => {
  const versions = agreed[kind] ?? [];
  const version = typeof at === 'number' ? at : versions.filter(({ day }) => fromMs(START + day * DAY) <= at).length;
  const body = versions[version - 1]?.body as Json | undefined;
  return body === undefined ? undefined : { kind, version, ref: `${kind}@${version}`, body };
};

interface Step {
  readonly who: number;
  readonly other: number;
  readonly type: LeadCommand['type'] | 'forward';
  readonly pick: number;
  readonly wait: number;
  readonly late: boolean;
  readonly external: boolean;
  readonly again: boolean;
}
const steps = fc.array(
  fc.record<Step>({
    who: fc.nat(2),
    other: fc.nat(2),
    type: fc.oneof(
      { weight: 5, arbitrary: fc.constant('forward' as const) },
      { weight: 2, arbitrary: fc.constant('RecordTouch' as const) },
      { weight: 6, arbitrary: fc.constantFrom(...([...leadCommands.schemas.keys()] as LeadCommand['type'][])) },
    ),
    pick: fc.nat(5),
    wait: fc.constantFrom(0, MINUTE, HOUR, DAY, 3 * DAY),
    late: fc.boolean(),
    external: fc.integer({ min: 0, max: 9 }).map((one) => one === 0),
    again: fc.boolean(),
  }),
  { minLength: 20, maxLength: 90 },
);

/** The data of a command of each type besides its lead. */
const said = (type: string, { pick, other, external }: Step, now: number): object => {
  const past = external ? { external: 'crm' } : {};
  const opportunityId = deals[pick % 2]!;
  const survivorId = people[other]!;
  const visit = { id: `visit-${now}`, at: fromMs(now), action: 'page-view', team: 'marketing', page: '/product' };
  const facts: Readonly<Record<string, object>> = {
    CaptureLead: { source: 'web', employees: 10 * pick, ...(pick > 2 && { email: `p${pick}@example.org` }) },
    UpdateLead: { employees: 10 * pick + 1 },
    ClearLeadFact: { facts: ['employees'] },
    RecordTouch: {
      action: (['page-view', 'page-view', 'download', 'call', 'call', 'form'] as const)[pick]!,
      page: '/product',
      team: pick > 2 ? 'sales' : 'marketing',
      direction: pick > 2 ? 'outbound' : 'inbound',
    },
    QualifyLead: past,
    HandOffLead: { rep: `rep-${pick % 3}`, ...past },
    HandOffRoutedLead: { rep: `rep-${pick % 3}`, queue: 'all', choice: `choice-${now}-${pick}` },
    AcceptLead: past,
    RejectLead: {
      reason: (['no-need', 'duplicate', 'nonsense', 'other', 'no-budget', 'no-need'] as const)[pick]!,
      ...past,
    },
    RecycleLead: { reason: 'no-timing', ...(pick > 2 && { reengageAt: fromMs(now + (pick - 3) * DAY) }), ...past },
    SalesQualifyLead: { ...(pick > 0 && { need: 'speed' }), ...past },
    ConvertLead: { opportunityId, ...past },
    DisqualifyLead: { reason: 'spam', ...past },
    MergeLead: { mergedLeadId: survivorId },
    RecordMerge: { mergedLeadId: survivorId, mergeNumber: pick },
    UnmergeLead: { mergedLeadId: survivorId },
    FollowMerge: { survivorId, mergeNumber: pick },
    FollowUnmerge: { survivorId, mergeNumber: pick },
    JoinOpportunity: { opportunityId },
    LeaveOpportunity: { opportunityId },
    NoteOpportunityWon: { opportunityId },
    NoteOpportunityLost: { opportunityId },
    NoteOpportunityReopened: { opportunityId },
    AddMergedFacts: {
      mergedLeadId: survivorId,
      touches: [visit],
      stage: { stage: 'lead' },
    },
    RemoveMergedFacts: { mergedLeadId: survivorId },
    LinkVisitor: { visitorId: `v${pick}` },
    JoinVisits: { visitorId: `v${pick}`, visits: [visit] },
  };
  return facts[type] ?? {};
};

/** Leads and the commands sent to them, one after the other. */
class Leads {
  readonly clock = new FixedClock(fromMs(START));
  private readonly keys = new MemoryKeyStore();
  readonly log = EmbeddedEventLog.open(':memory:', this.clock);
  readonly journal = new SealedJournal(this.log, catalogueOf([leadEvents, identityEvents, mergesEvents]), this.keys);
  private readonly context = new DecisionContext(this.clock, { forKinds: async () => inForce });
  private readonly handler = new LeadHandler(this.journal, this.context, this.keys);
  readonly accepted: { readonly command: ToLead; readonly outcome: Accepted }[] = [];
  /** Events that no policy has handled yet. */
  readonly unfollowed: StoredEvent[] = [];
  readonly sent = new Map<string, { readonly actor: string; readonly now: Instant }>();

  command(type: LeadCommand['type'], leadId: string, step: Step): ToLead {
    const now = toMs(this.clock.instant);
    const commandId = `command-${this.sent.size}`;
    const occurredAt = fromMs(type === 'RecordTouch' && step.late ? now - (step.pick + 1) * DAY : now);
    const data = { leadId, ...said(type, step, now) };
    // Most decisions of another system are sent by its connector; sent by a person they are refused.
    const connector = 'external' in data && step.pick > 0;
    const actor = connector ? 'connector:crm' : `actor-${step.pick}`;
    this.sent.set(commandId, { actor, now: occurredAt });
    const meta = { commandId, actor, origin: connector ? 'connector' : 'person', occurredAt };
    return new ToLead(leadId, { type, data, meta } as LeadCommand);
  }
  async send(
    command: ToLead | ToMerges,
  ): Promise<{ readonly outcome: Outcome; readonly events: readonly StoredEvent[] }> {
    const before = await this.log.tip();
    const outcome = await (command instanceof ToMerges
      ? handle(this.journal, mergesDecider, command.id, command.command, this.context)
      : this.handler.execute(command));
    const { events } = await this.log.readAll(before);
    return { outcome, events: events.map((event) => this.journal.decode(event)) };
  }
}

/** The outcome of a handoff, computed from its events: the last one before the lead returned to marketing. */
const dispositionOf = (later: readonly StoredEvent[]): Disposition => {
  const outcomes: Readonly<Record<string, Disposition>> = {
    ...{ LeadAccepted: 'accepted', LeadSalesQualified: 'accepted', LeadConverted: 'accepted' },
    ...{ LeadReturnedToOpportunity: 'accepted', LeadBecameCustomer: 'accepted' },
    ...{ LeadRejected: 'rejected', LeadRecycled: 'recycled' },
    LeadDisqualified: 'disqualified',
  };
  const end = later.findIndex(({ type }) => type === 'LeadHandedOff' || type === 'LeadReengaged');
  const told = later.slice(0, end < 0 ? undefined : end).filter(({ type }) => outcomes[type]);
  if (told.some(({ type }) => outcomes[type] === 'accepted')) return 'accepted'; // permanently
  return told.length > 0 ? outcomes[told.at(-1)!.type]! : 'waiting';
};
const countedAnew = (history: readonly StoredEvent[]) => {
  const counts = { handoffs: 0, accepted: 0, rejected: 0, recycled: 0, disqualified: 0, waiting: 0 };
  for (const leadId of people) {
    const own = history.filter(({ stream }) => stream === `lead-${leadId}`);
    for (const [index, { type }] of own.entries()) {
      if (type !== 'LeadHandedOff') continue;
      counts.handoffs++;
      counts[dispositionOf(own.slice(index + 1))]++;
    }
  }
  return counts;
};

/** Follows the table along the log, independently. */
class Walk {
  readonly stage = new Map<string, string>();
  readonly history: StoredEvent[] = [];
  /** The move that led to the current stage of a lead. */
  private readonly since = new Map<string, Instant>();
  private readonly handoffs = new Map<string, readonly Handoff[]>();
  private readonly away = new Set<string>();
  private readonly converted = new Set<string>();
  private readonly qualifiedBy = new Map<string, string>();

  take(event: StoredEvent, { actor, now }: { readonly actor: string; readonly now: Instant }): void {
    this.history.push(event);
    const { type, data } = event;
    const leadId = String(data.leadId);
    const from = this.stage.get(leadId) ?? 'nobody';
    expect(event.meta.actor).toBe(actor);
    if (type === 'LeadMergedInto') this.away.add(leadId);
    if (type === 'LeadUnmergedFrom') this.away.delete(leadId);
    if (this.away.has(leadId)) expect(decided).not.toContain(type);
    // A survivor has the highest stage of its leads, and the event states it.
    if (data.becomes) {
      expect(['MergedFactsAdded', 'MergedFactsRemoved', 'LeadUnmerged']).toContain(type);
      this.stage.set(leadId, data.becomes.stage);
      this.since.set(leadId, event.occurredAt);
      this.qualifiedBy.set(leadId, data.becomes.definition ?? this.qualifiedBy.get(leadId));
    }
    const move = table[type];
    if (move) {
      const allowed = data.external ? working : this.alsoFrom(type, leadId, data).concat(move.from);
      expect({ type, from: allowed.includes(from) ? 'allowed' : from }).toEqual({ type, from: 'allowed' });
      if (!this.isLate(event, from, move.to)) {
        this.stage.set(leadId, type === 'LeadConverted' && from === 'customer' ? 'customer' : move.to);
        if (type !== 'LeadCaptured') this.since.set(leadId, event.occurredAt);
      }
      if (type === 'LeadConverted') this.converted.add(leadId);
      this.namesItsDefinition(event, leadId, now);
    }
    this.handoffs.set(leadId, handoffsAfter(this.handoffs.get(leadId) ?? [], event));
    const counts = handoffCounts([...this.handoffs.values()].flat());
    const { handoffs, accepted, rejected, recycled, disqualified, waiting, givenBack: _, ...none } = counts;
    expect(none).toEqual({});
    expect(accepted + rejected + recycled + disqualified + waiting).toBe(handoffs);
    expect({ handoffs, accepted, rejected, recycled, disqualified, waiting }).toEqual(countedAnew(this.history));
  }

  /** A decision of another system before the last move, or at the same instant with a later stage, moves nobody. */
  private isLate({ data, occurredAt }: StoredEvent, from: string, to: string): boolean {
    const since = this.since.get(String(data.leadId)) ?? '';
    const way = ['lead', 'mql', 'handed-off', 'sal', 'sql', 'opportunity'];
    const short =
      way.includes(to) && (from === 'customer' ? to !== 'opportunity' : way.indexOf(to) < way.indexOf(from));
    return data.external === true && (occurredAt < since || (occurredAt === since && short));
  }

  /** Deals move a lead by themselves: the last one is lost; or one is won later, whatever the stage of the lead. */
  private alsoFrom(type: string, leadId: string, data: StoredEvent['data']): readonly string[] {
    if (type === 'LeadRecycled' && /^deal-(lost|left)$/.test(data.reason)) return ['opportunity', 'customer'];
    const byDeals = type === 'LeadBecameCustomer' || type === 'LeadReturnedToOpportunity';
    return byDeals && this.converted.has(leadId) ? working : [];
  }

  private namesItsDefinition({ type, data, occurredAt }: StoredEvent, leadId: string, now: Instant): void {
    const kinds = ruled[type];
    if (!kinds) return;
    if (data.external) return expect(data.definition).toBe('external:crm') as undefined;
    const given = String(data.definition);
    if (type === 'LeadQualified') {
      // Evaluated as of the command, or as of the latest event of the lead.
      const versions = kinds.flatMap((kind) => [inForce(kind, now)?.ref, inForce(kind, occurredAt)?.ref]);
      // A merged lead may have been qualified before its survivor; that version is removed with it.
      if (data.evidence?.merged === undefined) expect(versions).toContain(given);
      this.qualifiedBy.set(leadId, given);
    } else if (type === 'LeadHandedOff' || type === 'LeadAccepted') {
      expect([this.qualifiedBy.get(leadId), 'external:crm']).toContain(given);
      this.qualifiedBy.set(leadId, given);
    } else expect(given).toMatch(new RegExp(`^((${kinds.join('|')})@\\d+|external:crm)$`));
  }
}

describe('the lifecycle of leads, under any commands', () => {
  const kinds = new Set<string>();
  const reached = new Set<string>();
  let refusals = 0;

  const play = async (history: readonly Step[]): Promise<void> => {
    const all = new Leads();
    const walk = new Walk();
    try {
      for (const leadId of people) walk.stage.set(leadId, 'nobody');
      for (const step of history) {
        all.clock.instant = fromMs(toMs(all.clock.instant) + step.wait);
        const leadId = people[step.who]!;
        const stage = walk.stage.get(leadId)!;
        const type = step.type === 'forward' || stage === 'nobody' ? (next[stage] ?? 'RecordTouch') : step.type;
        // not all leads are captured at once
        if (type === 'CaptureLead' && step.type !== 'forward' && step.pick % 2) continue;
        const command = all.command(type, leadId, step);
        const outcome = await told(all, walk, command);
        if (outcome instanceof Accepted && outcome.events > 0) all.accepted.push({ command, outcome });
        if (step.again) await repeated(all, step);
        if (step.late) await follow(all, walk);
      }
      await follow(all, walk);
      // The product’s own stages match the table.
      const documents = foldAll<LeadDocument>(leads, walk.history);
      for (const [leadId, stage] of walk.stage) expect(documents.get(leadId)?.stage ?? 'nobody').toBe(stage);
    } finally {
      await all.log.close();
    }
  };
  /** What follows from merges is recorded sooner or later, in order. */
  const follow = async (all: Leads, walk: Walk) => {
    for (let event = all.unfollowed.shift(); event; event = all.unfollowed.shift()) {
      const { position, occurredAt } = event;
      const look = async (stream: string) =>
        (await all.journal.read(stream)).filter((other) => other.position <= position);
      for (const policy of leadsParts.policies.filter(({ types }) => types.includes(event.type)))
        for (const { to, id, type, data } of await policy.react(event, lookThrough(look))) {
          if (to !== ToLead && to !== ToMerges) continue; // queues of reps are not simulated here
          const commandId = `command-${all.sent.size}`;
          all.sent.set(commandId, { actor: policy.name, now: occurredAt });
          const meta = { commandId, actor: policy.name, origin: 'system', occurredAt };
          await told(all, walk, new to(id, { type, data, meta }) as ToLead | ToMerges);
        }
    }
  };
  const told = async (all: Leads, walk: Walk, command: ToLead | ToMerges): Promise<Outcome> => {
    const { outcome, events } = await all.send(command);
    kinds.add(command.command.type);
    const own = events.filter(({ stream }) => stream.startsWith('lead-'));
    if (outcome instanceof Refused) {
      refusals++;
      expect([outcome.code, own]).toEqual([expect.stringMatching(/^lead\//), []]);
    } else if (command instanceof ToLead) expect(own).toHaveLength(outcome.events);
    for (const event of own) walk.take(event, all.sent.get(event.meta.commandId)!);
    for (const at of walk.stage.values()) reached.add(at);
    all.unfollowed.push(...events.filter(({ stream }) => /^(lead|merges)-/.test(stream)));
    return outcome;
  };
  /** An earlier command is repeated, and its id is used with another body. */
  const repeated = async (all: Leads, { pick, other }: Step) => {
    const earlier = all.accepted[(all.accepted.length - 1 - pick * (other + 1)) % all.accepted.length];
    if (!earlier) return;
    const { id, position, revision } = earlier.outcome;
    const { outcome, events } = await all.send(earlier.command);
    expect(events).toEqual([]);
    // A lead that is captured already is named in the answer, as the first time.
    expect(outcome).toMatchObject({ id, position, revision, repeated: true });
    const { command } = earlier.command;
    const words = { ...command, type: 'DisqualifyLead', data: { leadId: id, reason: 'other words' } } as LeadCommand;
    const misused = await all.send(new ToLead(id, words));
    expect([misused.outcome, misused.events]).toMatchObject([{ code: 'command/id-reused' }, []]);
  };

  it('stays within the table; refusals write nothing; moves name their definition and actor; handoffs add up', () =>
    fc.assert(fc.asyncProperty(steps, play), { numRuns: runs }));
  it('used every command, and reached every stage', () => {
    expect([...leadCommands.schemas.keys()].filter((type) => !kinds.has(type))).toEqual([]);
    expect([...reached].sort()).toEqual(['nobody', 'disqualified', ...working].sort());
    expect(refusals).toBeGreaterThan(runs);
  });
});
