import { laterOf, Refused, type Decider, type NewEvent, type DatedEvent, type Instant } from '@baton/kernel';
import type { TouchFact } from '@baton/definitions';
import type { LeadCommand, LeadEvent } from './lead.events';
import {
  afterFacts,
  firstTouchOf,
  isKnown,
  type MergedLead,
  touchFactOf,
  stageOf,
  touchesOf,
  type MergedFacts,
  withPerson,
  type FirstTouch,
  type Known,
  type Lead,
  type Stage,
} from './lead.model';
import { capturedLead } from './moves.rules';
import { profileNow } from './profile.model';
import type { TouchLog } from './touch-log.model';
import type { LeadTouch } from './merged-facts.events';

type United = Extract<LeadEvent, { type: 'MergedFactsAdded' }>;
type SharedStage = NonNullable<United['data']['stage']>;

/**
 * How far each stage is along the lifecycle. Who was given back stands below everybody who is not; a person who is never
 * to be sold to is not revived by a merge, unless sold to already.
 */
const order: Readonly<Record<Stage['stage'], number>> = {
  rejected: 0,
  recycled: 0,
  lead: 1,
  mql: 2,
  'handed-off': 3,
  sal: 4,
  sql: 5,
  opportunity: 6,
  disqualified: 7,
  customer: 8,
};
const sinceOf = (stage: Stage): Instant => ('since' in stage ? stage.since : '');
/** The further of two stages; of two that were given back the later one. */
export const furtherStage = (own: Stage, other: Stage): Stage => {
  const ahead = order[other.stage] - order[own.stage];
  return ahead > 0 || (ahead === 0 && sinceOf(other) > sinceOf(own)) ? other : own;
};

/** A stage as an event tells it. */
export const sharedStageOf = (stage: Stage): SharedStage => ({
  stage: stage.stage,
  ...('definition' in stage && { definition: stage.definition }),
  ...('rep' in stage && stage.rep !== undefined && { rep: stage.rep }),
  ...('since' in stage && { since: stage.since }),
  ...('reengageAt' in stage && stage.reengageAt !== undefined && { reengageAt: stage.reengageAt }),
  from: stage.from,
});
/** The stage that an event tells; a qualification is none that is lent: the survivor is qualified itself. */
const stageFrom = ({
  stage,
  definition = '',
  rep,
  since = '',
  reengageAt,
  from = '',
}: SharedStage): Stage | undefined => {
  if (stage === 'mql') return undefined;
  if (stage === 'handed-off' || stage === 'sal' || stage === 'sql')
    return { stage, definition, ...(rep !== undefined && { rep }), from };
  if (stage === 'rejected') return { stage, since, from };
  return stage === 'recycled'
    ? { stage, since, ...(reengageAt !== undefined && { reengageAt }), from }
    : { stage, from };
};

export const startsWith = (path: readonly string[], start: readonly string[]): boolean =>
  start.every((id, index) => path[index] === id);
export const samePath = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && startsWith(a, b);
export const pathOf = ({
  mergedLeadId,
  through,
}: {
  readonly mergedLeadId: string;
  readonly through?: readonly string[];
}) => [mergedLeadId, ...(through ?? [])];
/** Its own facts, then those of the others in the order in which they came. */
const profileOf = (alone: MergedLead['profile'], parts: readonly MergedLead[]): MergedLead['profile'] => ({
  ...parts.reduceRight<MergedLead['profile']>((facts, { profile }) => ({ ...facts, ...profile }), {}),
  ...alone,
});

const without = (profile: MergedLead['profile'], cleared: readonly string[] = []): MergedLead['profile'] =>
  Object.fromEntries(Object.entries(profile).filter(([name]) => !cleared.includes(name)));

const stageTogether = (own: Stage, parts: readonly MergedLead[]): Stage =>
  parts.reduce((stage, part) => (part.stage ? furtherStage(stage, part.stage) : stage), own);

const addMergedFacts = (state: Lead, { data, occurredAt }: DatedEvent<United>): Lead => {
  if (!isKnown(state)) return state;
  const { person } = state;
  const own = stageOf(state);
  const { mergedLeads: parts, ...kept } = person.mergedFacts ?? {
    mergedLeads: [],
    own,
    since: occurredAt,
    unmerged: {
      ...{ stage: own, profile: person.profile, latest: person.latest },
      ...(person.firstTouch && { firstTouch: person.firstTouch }),
    },
  };
  const path = pathOf(data);
  const before = parts.find((part) => samePath(part.path, path));
  const stage = data.stage ? stageFrom(data.stage) : before?.stage;
  const part: MergedLead = {
    path,
    touchIds: new Set([...(before?.touchIds ?? []), ...data.touches.map(({ id }) => id)]),
    profile: { ...without(before?.profile ?? {}, data.cleared), ...data.profile },
    ...withFirst(before?.firstTouch, data.touches),
    ...idsIn(data, before),
    ...(stage && { stage }),
  };
  const all = before ? parts.map((each) => (each === before ? part : each)) : [...parts, part];
  const touches = data.touches.reduce<TouchLog>(
    (log, { id, at: when, ...touch }) => log.with(touchFactOf(id, when, touch)),
    person.touches,
  );
  const latest = data.touches.reduce((last, touch) => laterOf(last, touch.at), person.latest);
  const profile = profileOf(kept.unmerged.profile, all);
  const together = stageTogether(kept.own, all);
  const first = firstOf(kept.unmerged, all);
  return {
    ...together,
    person: { ...person, touches, latest, profile, ...first, mergedFacts: { mergedLeads: all, ...kept } },
  };
};
/** The deals and visitors of another lead, as they are known after a message. */
const idsIn = (news: Pick<MergedLead, 'opportunityIds' | 'visitorIds'>, before: typeof news = {}): typeof news => {
  const [opportunityIds, visitorIds] = [
    news.opportunityIds ?? before.opportunityIds,
    news.visitorIds ?? before.visitorIds,
  ];
  return { ...(opportunityIds && { opportunityIds }), ...(visitorIds && { visitorIds }) };
};
type HasFirst = { readonly firstTouch?: FirstTouch };
/** The earliest touch with these. */
const withFirst = (known: FirstTouch | undefined, touches: readonly LeadTouch[]): HasFirst => {
  const first = touches.reduce<FirstTouch | undefined>(
    (earliest, { id, at: when, ...touch }) => firstTouchOf(earliest, id, when, touch),
    known,
  );
  return first ? { firstTouch: first } : {};
};
/** The earliest touch of all: its own first, of one instant. */
const firstOf = (alone: HasFirst, parts: readonly HasFirst[]): HasFirst =>
  parts.reduce<HasFirst>(
    (earliest, { firstTouch }) =>
      firstTouch && !(earliest.firstTouch && earliest.firstTouch.at <= firstTouch.at) ? { firstTouch } : earliest,
    alone.firstTouch ? { firstTouch: alone.firstTouch } : {},
  );
/** Takes back what came by these leads, and the moves that followed from it. */
const removeMergedFacts = (state: Lead, from: readonly string[]): Lead => {
  if (!isKnown(state) || !state.person.mergedFacts) return state;
  const { person } = state;
  const { mergedLeads: parts, since, unmerged: alone } = person.mergedFacts!;
  const gone = parts.filter(({ path }) => startsWith(path, from));
  if (gone.length === 0) return state;
  const left = parts.filter((each) => !gone.includes(each));
  const touches = person.touches.without((id) => gone.some(({ touchIds }) => touchIds.has(id)));
  const { mergedFacts: _, firstTouch: __, ...rest } = person;
  let latest = alone.latest;
  if (left.length > 0) for (let n = 0; n < touches.length; n++) latest = laterOf(latest, touches.at(n)!.at);
  return {
    ...stageTogether(alone.stage, left),
    person: {
      ...rest,
      ...{ touches, latest, profile: profileOf(alone.profile, left) },
      ...firstOf(alone, left),
      ...(left.length > 0 && { mergedFacts: { mergedLeads: left, own: alone.stage, since, unmerged: alone } }),
    },
  };
};

/** The part of a lead's `evolve` that is about what came from others. */
export const mergedFactsFolds = {
  MergedFactsAdded: addMergedFacts,
  MergedFactsRemoved: (state: Lead, { data }: DatedEvent<Extract<LeadEvent, { type: 'MergedFactsRemoved' }>>): Lead =>
    removeMergedFacts(state, pathOf(data)),
};

/** Does a move follow from what other leads brought, so that it goes with them? */
const followsFromMerge = (event: LeadEvent): boolean =>
  (event.type === 'LeadQualified' && !event.data.external) ||
  (event.type === 'LeadReengaged' && event.data.cause === 'merge');

/** Keeps, beside a lead that is united with others, what it would be alone. */
const keepUnmergedState = (before: Lead, after: Lead, event: DatedEvent<LeadEvent>): Lead => {
  if (
    !isKnown(before) ||
    !isKnown(after) ||
    !before.person.mergedFacts ||
    after.person.mergedFacts !== before.person.mergedFacts
  )
    return after;
  const { unmerged: alone, ...union } = before.person.mergedFacts;
  let next: MergedFacts = before.person.mergedFacts;
  if (event.type === 'LeadProfileChanged' || event.type === 'LeadFactsCleared') {
    const profile = profileNow(after.person.facts);
    next = { ...union, unmerged: { ...alone, profile, latest: laterOf(alone.latest, event.occurredAt) } };
    return withPerson(after, (person) => ({
      ...person,
      mergedFacts: next,
      profile: profileOf(profile, next.mergedLeads),
    }));
  } else if (event.type === 'TouchRecorded' || event.type === 'LeadVisitsJoined') {
    const touches = touchesOf(event);
    const latest = touches.reduce((last, touch) => laterOf(last, touch.at), alone.latest);
    next = { ...union, unmerged: { ...alone, latest, ...withFirst(alone.firstTouch, touches) } };
  } else if (event.type === 'LeadReengaged' && event.data.cause !== 'merge')
    next = { ...union, unmerged: { ...alone, latest: laterOf(alone.latest, event.occurredAt) } };
  if (movesLead.has(event.type)) {
    const own = stageOf(after);
    next = followsFromMerge(event)
      ? { ...next, own }
      : // A move of its own stands on where they were together: nobody lends a stage any more.
        {
          ...{ own, since: next.since, mergedLeads: next.mergedLeads.map(({ stage: _, ...each }) => each) },
          unmerged: { ...next.unmerged, stage: own },
          ...handoffOfMerge(before, event),
        };
  }
  return next === before.person.mergedFacts ? after : withPerson(after, (person) => ({ ...person, mergedFacts: next }));
};
/** Moves that answer a handoff. */
const answersHandoff: ReadonlySet<string> = new Set<LeadEvent['type']>([
  ...(['LeadAccepted', 'LeadRejected', 'LeadRecycled', 'LeadSalesQualified'] as const),
  ...(['LeadConverted', 'LeadDisqualified'] as const),
]);
/** The lead whose handoff this one answers: it lends the stage, or lent it when this one made a move of its own. */
const handedOffElsewhere = (state: Lead): string | undefined => {
  if (!isKnown(state) || !state.person.mergedFacts) return undefined;
  const { mergedFacts: union } = state.person;
  const lends = union.mergedLeads.find(
    ({ stage }) =>
      stage?.stage === state.stage &&
      stage.from === state.from &&
      ['handed-off', 'sal', 'sql'].includes(stage.stage) &&
      furtherStage(union.own, stage) === stage,
  );
  return lends ? lends.path.at(-1) : union.handoffOf;
};
const handoffOfMerge = (state: Lead, event: DatedEvent<LeadEvent>): Pick<MergedFacts, 'handoffOf'> => {
  const handoffOf = answersHandoff.has(event.type) ? handedOffElsewhere(state) : undefined;
  return handoffOf === undefined ? {} : { handoffOf };
};
/** Events that say where a lead stands. */
export const movesLead: ReadonlySet<string> = new Set<LeadEvent['type']>([
  ...([
    'LeadQualified',
    'LeadHandedOff',
    'LeadAccepted',
    'LeadRejected',
    'LeadRecycled',
    'LeadSalesQualified',
  ] as const),
  ...(['LeadConverted', 'LeadReturnedToOpportunity', 'LeadBecameCustomer', 'LeadReengaged'] as const),
  'LeadDisqualified',
]);

type Facts = readonly NewEvent<LeadEvent>[];
type LeadDecider = Decider<Lead, LeadCommand, LeadEvent>;
/** What the survivor has to hear of, when it happens to a lead that was merged away. */
const told: ReadonlySet<string> = new Set<LeadEvent['type']>([
  ...(['TouchRecorded', 'LeadVisitsJoined', 'LeadRecycled', 'LeadBecameCustomer', 'LeadReengaged'] as const),
  ...(['LeadProfileChanged', 'LeadJoinedOpportunity', 'LeadLeftOpportunity'] as const),
  ...(['LeadVisitorLinked', 'LeadFactsCleared', 'LeadReturnedToOpportunity'] as const),
  ...(['MergedFactsAdded', 'MergedFactsRemoved', 'LeadUnmerged'] as const),
]);

/**
 * Several leads that are one person, decided as one: the survivor takes over the touches, the facts it lacks and the
 * furthest stage of those merged into it, and is judged on all of it; an unmerge takes exactly that away again. What the
 * survivor did itself in the meantime stays.
 */
export const withMerges = (decider: LeadDecider): LeadDecider => {
  const evolve = (state: Lead, event: DatedEvent<LeadEvent>): Lead => {
    const next = decider.evolve(state, event);
    return event.type === 'LeadUnmerged'
      ? removeMergedFacts(next, [event.data.mergedLeadId])
      : keepUnmergedState(state, next, event);
  };
  const decide: LeadDecider['decide'] = (state, command, context) => {
    const after = (facts: Facts): Lead => afterFacts(evolve, state, facts, context);
    /** The stage that follows stands in the event; a lead that is active again, or meets the definitions, moves on. */
    const followed = (fact: NewEvent<LeadEvent>, more: (lead: Known) => Facts, from?: Instant): Facts => {
      let known = after([fact]);
      if (!isKnown(known) || !isKnown(state)) return [fact];
      const same = known.stage === state.stage && known.from === state.from;
      const becomes = same ? {} : { becomes: sharedStageOf(stageOf(known)) };
      // A qualification is never lent: one that stands no more followed from the union.
      const qualified = state.stage === 'mql' && !same && { takenBack: state.qualified.eventId };
      const data = { ...fact.data, ...becomes, ...(fact.type !== 'MergedFactsAdded' && qualified) };
      const facts: NewEvent<LeadEvent>[] = [{ ...fact, data } as NewEvent<LeadEvent>];
      if (known.person.mergedInto === undefined) facts.push(...more(known));
      known = after(facts);
      const look = { leadId: command.data.leadId, ...(from !== undefined && { from }) };
      const again = { type: 'ReevaluateLead', data: look, meta: command.meta } as const;
      const idOf = (index: number) => context.idOf(facts.length + index);
      const judged = decider.decide(known, again, { ...context, idOf });
      return judged instanceof Refused ? facts : [...facts, ...judged];
    };
    if (command.type === 'AddMergedFacts') {
      const lead = capturedLead(state);
      if (lead instanceof Refused) return lead;
      const news = newsOf(lead, command.data);
      if (!news) return [];
      return followed(
        { type: 'MergedFactsAdded', data: news },
        (known) => {
          const active =
            'since' in known &&
            someTouch(known.person.touches, ({ at: when, bySales }) => !bySales && when >= known.since);
          const again: NewEvent<LeadEvent>[] = active
            ? [{ type: 'LeadReengaged', data: { leadId: news.leadId, cause: 'merge' } }]
            : [];
          if (news.stage?.stage !== 'mql' || !['lead', 'rejected', 'recycled'].includes(known.stage)) return again;
          if ('since' in known && !active)
            again.push({ type: 'LeadReengaged', data: { leadId: news.leadId, cause: 'merge' } });
          const evidence = { merged: news.mergedLeadId };
          const definition = news.stage.definition!;
          return [...again, { type: 'LeadQualified', data: { leadId: news.leadId, definition, evidence } }];
        },
        lateIn(lead, news),
      );
    }
    if (command.type === 'RemoveMergedFacts') {
      const lead = capturedLead(state);
      if (lead instanceof Refused) return lead;
      const path = pathOf(command.data);
      const known = lead.person.mergedFacts?.mergedLeads.some((each) => startsWith(each.path, path));
      const since = lead.person.mergedFacts?.since;
      return known ? followed({ type: 'MergedFactsRemoved', data: command.data }, () => [], since) : [];
    }
    const facts = decider.decide(state, command, context);
    if (facts instanceof Refused || facts[0]?.type !== 'LeadUnmerged') return facts;
    return followed(facts[0], () => [], isKnown(state) ? state.person.mergedFacts?.since : undefined);
  };
  const stamped = (state: Lead, facts: Facts): Facts => {
    const survivorId = isKnown(state) ? state.person.mergedInto : undefined;
    const handoffOf = handedOffElsewhere(state);
    if (survivorId === undefined && handoffOf === undefined) return facts;
    const also = (names: ReadonlySet<string>, type: string, data: object) => (names.has(type) ? data : {});
    return facts.map(({ data, ...fact }) => {
      const more = {
        ...(survivorId !== undefined && also(told, fact.type, { survivorId })),
        ...(handoffOf !== undefined && also(answersHandoff, fact.type, { handoffOf })),
      };
      return { ...fact, data: { ...data, ...more } } as NewEvent<LeadEvent>;
    });
  };
  return {
    ...decider,
    evolve,
    decide: (state, command, context) => {
      const facts = decide(state, command, context);
      return facts instanceof Refused ? facts : stamped(state, facts);
    },
    elapse: (state, context) => stamped(state, decider.elapse(state, context)),
  };
};

const someTouch = (touches: TouchLog, holds: (touch: TouchFact) => boolean): boolean => {
  for (let index = touches.length - 1; index >= 0; index--) if (holds(touches.at(index)!)) return true;
  return false;
};

/** The earliest touch that a lead merged before is told of since; what it brings at the merge is judged as of now. */
const lateIn = ({ person }: Known, news: United['data']): Instant | undefined => {
  const known = person.mergedFacts?.mergedLeads.some((each) => samePath(each.path, pathOf(news)));
  return known ? news.touches.map(({ at }) => at).sort()[0] : undefined;
};

type Told = Extract<LeadCommand, { type: 'AddMergedFacts' }>['data'];
/** What of a message about another lead is new here; undefined for nothing, and where the merge was undone since. */
const newsOf = ({ person }: Known, data: Told): United['data'] | undefined => {
  const path = pathOf(data);
  // Leads merged in a ring: what was recorded here comes back.
  if (!person.merged.get(data.mergedLeadId)?.stands || path.includes(person.leadId)) return undefined;
  const known = person.mergedFacts?.mergedLeads.find((each) => samePath(each.path, path));
  const touches = data.touches.filter(({ id }) => !known?.touchIds.has(id));
  const { leadId, mergedLeadId, through, profile, cleared, stage } = data;
  const ids = idsIn(data);
  const sameIds = JSON.stringify(idsIn(data, known)) === JSON.stringify(idsIn(known ?? {}));
  const same = known?.stage && stage ? JSON.stringify(sharedStageOf(known.stage)) === JSON.stringify(stage) : !stage;
  if (known && touches.length === 0 && same && sameIds && !profile && !cleared) return undefined;
  return {
    leadId,
    mergedLeadId,
    ...(through && { through }),
    touches,
    ...(profile && { profile }),
    ...(cleared && { cleared }),
    ...(stage && { stage }),
    ...(ids as { opportunityIds?: string[]; visitorIds?: string[] }),
  };
};
