import { laterOf, Refused, type Decider, type NewEvent, type DatedEvent, type Instant } from '@baton/kernel';
import type { TouchFact } from '@baton/definitions';
import type { LeadCommand, LeadEvent } from './lead.events';
import {
  leadAfter,
  firstTouchOf,
  isCapturedLead,
  type MergedLead,
  touchFactOf,
  stageOf,
  touchesOf,
  type MergedFacts,
  withPerson,
  type FirstTouch,
  type CapturedLead,
  type Lead,
  type Stage,
} from './lead.model';
import { capturedLead } from './moves.rules';
import { profileNow } from './profile.model';
import type { TouchLog } from './touch-log.model';
import type { LeadTouch } from './merged-facts.events';

type MergedFactsAddedEvent = Extract<LeadEvent, { type: 'MergedFactsAdded' }>;
type SharedStage = NonNullable<MergedFactsAddedEvent['data']['stage']>;

/**
 * The rank of each stage in a merge: the survivor takes the highest. Rejected and recycled rank lowest; disqualified ranks
 * above every open stage, so that a merge does not revive a disqualified person, and below customer.
 */
const stageRanks: Readonly<Record<Stage['stage'], number>> = {
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
/** The stage with the higher rank; of two rejected or recycled ones the later. */
export const furtherStage = (own: Stage, other: Stage): Stage => {
  const ahead = stageRanks[other.stage] - stageRanks[own.stage];
  return ahead > 0 || (ahead === 0 && sinceOf(other) > sinceOf(own)) ? other : own;
};

/** A stage in the form that events carry; since when it holds is left out where that was not said. */
export const sharedStageOf = (stage: Stage): SharedStage => ({
  stage: stage.stage,
  ...('definition' in stage && { definition: stage.definition }),
  ...('rep' in stage && stage.rep !== undefined && { rep: stage.rep }),
  ...('since' in stage && stage.since !== '' && { since: stage.since }),
  ...('reengageAt' in stage && stage.reengageAt !== undefined && { reengageAt: stage.reengageAt }),
  ...(stage.from !== '' && { from: stage.from }),
});
/** The stage in an event; undefined for mql, because a survivor must be qualified itself. */
const stageFromShared = ({
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
/** The survivor’s own facts; unknown ones are filled from the merged leads in the order of their merges. */
const profileOf = (unmerged: MergedLead['profile'], mergedLeads: readonly MergedLead[]): MergedLead['profile'] => ({
  ...mergedLeads.reduceRight<MergedLead['profile']>((facts, { profile }) => ({ ...facts, ...profile }), {}),
  ...unmerged,
});

const without = (profile: MergedLead['profile'], cleared: readonly string[] = []): MergedLead['profile'] =>
  Object.fromEntries(Object.entries(profile).filter(([name]) => !cleared.includes(name)));

const stageWithMerges = (own: Stage, mergedLeads: readonly MergedLead[]): Stage =>
  mergedLeads.reduce((stage, part) => (part.stage ? furtherStage(stage, part.stage) : stage), own);

const addMergedFacts = (state: Lead, { data, occurredAt }: DatedEvent<MergedFactsAddedEvent>): Lead => {
  if (!isCapturedLead(state)) return state;
  const { person } = state;
  const own = stageOf(state);
  const { mergedLeads, ...kept } = person.mergedFacts ?? {
    mergedLeads: [],
    own,
    since: occurredAt,
    unmerged: {
      ...{ stage: own, profile: person.profile, latest: person.latest },
      ...(person.firstTouch && { firstTouch: person.firstTouch }),
    },
  };
  const path = pathOf(data);
  const before = mergedLeads.find((part) => samePath(part.path, path));
  const partStage = data.stage ? stageFromShared(data.stage) : before?.stage;
  const part: MergedLead = {
    path,
    touchIds: new Set([...(before?.touchIds ?? []), ...data.touches.map(({ id }) => id)]),
    profile: { ...without(before?.profile ?? {}, data.cleared), ...data.profile },
    ...withEarliestTouch(before?.firstTouch, data.touches),
    ...idsAfter(data, before),
    ...(partStage && { stage: partStage }),
  };
  const all = before ? mergedLeads.map((each) => (each === before ? part : each)) : [...mergedLeads, part];
  const touches = data.touches.reduce<TouchLog>(
    (log, { id, at: when, ...touch }) => log.with(touchFactOf(id, when, touch)),
    person.touches,
  );
  const latest = data.touches.reduce((last, touch) => laterOf(last, touch.at), person.latest);
  const profile = profileOf(kept.unmerged.profile, all);
  const stage = stageWithMerges(kept.own, all);
  const first = earliestTouchOf(kept.unmerged, all);
  return {
    ...stage,
    person: { ...person, touches, latest, profile, ...first, mergedFacts: { mergedLeads: all, ...kept } },
  };
};
/** The deals and visitors of a merged lead after an update, which replaces whole lists. */
const idsAfter = (news: Pick<MergedLead, 'opportunityIds' | 'visitorIds'>, before: typeof news = {}): typeof news => {
  const [opportunityIds, visitorIds] = [
    news.opportunityIds ?? before.opportunityIds,
    news.visitorIds ?? before.visitorIds,
  ];
  return { ...(opportunityIds && { opportunityIds }), ...(visitorIds && { visitorIds }) };
};
type WithFirstTouch = { readonly firstTouch?: FirstTouch };
/** The first touch after adding these touches. */
const withEarliestTouch = (known: FirstTouch | undefined, touches: readonly LeadTouch[]): WithFirstTouch => {
  const first = touches.reduce<FirstTouch | undefined>(
    (earliest, { id, at: when, ...touch }) => firstTouchOf(earliest, id, when, touch),
    known,
  );
  return first ? { firstTouch: first } : {};
};
/** The first touch over all leads; at the same instant the survivor’s own. */
const earliestTouchOf = (unmerged: WithFirstTouch, mergedLeads: readonly WithFirstTouch[]): WithFirstTouch =>
  mergedLeads.reduce<WithFirstTouch>(
    (earliest, { firstTouch }) =>
      firstTouch && !(earliest.firstTouch && earliest.firstTouch.at <= firstTouch.at) ? { firstTouch } : earliest,
    unmerged.firstTouch ? { firstTouch: unmerged.firstTouch } : {},
  );
/** Removes the facts that came through these leads, and the moves that they caused. */
const removeMergedFacts = (state: Lead, from: readonly string[]): Lead => {
  if (!isCapturedLead(state) || !state.person.mergedFacts) return state;
  const { person } = state;
  const { mergedLeads, since, unmerged } = person.mergedFacts!;
  const removed = mergedLeads.filter(({ path }) => startsWith(path, from));
  if (removed.length === 0) return state;
  const left = mergedLeads.filter((each) => !removed.includes(each));
  const touches = person.touches.without((id) => removed.some(({ touchIds }) => touchIds.has(id)));
  const { mergedFacts: _, firstTouch: __, ...rest } = person;
  let latest = unmerged.latest;
  if (left.length > 0) for (let n = 0; n < touches.length; n++) latest = laterOf(latest, touches.at(n)!.at);
  return {
    ...stageWithMerges(unmerged.stage, left),
    person: {
      ...rest,
      ...{ touches, latest, profile: profileOf(unmerged.profile, left) },
      ...earliestTouchOf(unmerged, left),
      ...(left.length > 0 && { mergedFacts: { mergedLeads: left, own: unmerged.stage, since, unmerged } }),
    },
  };
};

/** The part of a lead’s `evolve` about facts of merged leads. */
export const mergedFactsFolds = {
  MergedFactsAdded: addMergedFacts,
  MergedFactsRemoved: (state: Lead, { data }: DatedEvent<Extract<LeadEvent, { type: 'MergedFactsRemoved' }>>): Lead =>
    removeMergedFacts(state, pathOf(data)),
};

/** True for moves that merged facts can cause; they are removed with those facts. */
const followsFromMerge = (event: LeadEvent): boolean =>
  (event.type === 'LeadQualified' && !event.data.external) ||
  (event.type === 'LeadReengaged' && event.data.cause === 'merge');

/** Keeps `unmerged` of a survivor current: the state that it would have without its merged leads. */
const keepUnmergedState = (before: Lead, after: Lead, event: DatedEvent<LeadEvent>): Lead => {
  if (
    !isCapturedLead(before) ||
    !isCapturedLead(after) ||
    !before.person.mergedFacts ||
    after.person.mergedFacts !== before.person.mergedFacts
  )
    return after;
  const { unmerged, ...mergedFacts } = before.person.mergedFacts;
  let next: MergedFacts = before.person.mergedFacts;
  if (event.type === 'LeadProfileChanged' || event.type === 'LeadFactsCleared') {
    const profile = profileNow(after.person.facts);
    next = { ...mergedFacts, unmerged: { ...unmerged, profile, latest: laterOf(unmerged.latest, event.occurredAt) } };
    return withPerson(after, (person) => ({
      ...person,
      mergedFacts: next,
      profile: profileOf(profile, next.mergedLeads),
    }));
  } else if (event.type === 'TouchRecorded' || event.type === 'LeadVisitsJoined') {
    const touches = touchesOf(event);
    const latest = touches.reduce((last, touch) => laterOf(last, touch.at), unmerged.latest);
    next = { ...mergedFacts, unmerged: { ...unmerged, latest, ...withEarliestTouch(unmerged.firstTouch, touches) } };
  } else if (event.type === 'LeadReengaged' && event.data.cause !== 'merge')
    next = { ...mergedFacts, unmerged: { ...unmerged, latest: laterOf(unmerged.latest, event.occurredAt) } };
  if (stageChangeEvents.has(event.type)) {
    const own = stageOf(after);
    next = followsFromMerge(event)
      ? { ...next, own }
      : // A move of its own starts from the shared stage, so merged leads contribute no stage from here on.
        {
          ...{ own, since: next.since, mergedLeads: next.mergedLeads.map(({ stage: _, ...each }) => each) },
          unmerged: { ...next.unmerged, stage: own },
          ...handoffOfMerge(before, event),
        };
  }
  return next === before.person.mergedFacts ? after : withPerson(after, (person) => ({ ...person, mergedFacts: next }));
};
/** Events that answer a handoff. */
const answersHandoff: ReadonlySet<string> = new Set<LeadEvent['type']>([
  ...(['LeadAccepted', 'LeadRejected', 'LeadRecycled', 'LeadSalesQualified'] as const),
  ...(['LeadConverted', 'LeadDisqualified'] as const),
]);
/** The merged lead whose handoff this lead answers, because the current stage comes from it. */
const mergedHandoffOf = (state: Lead): string | undefined => {
  if (!isCapturedLead(state) || !state.person.mergedFacts) return undefined;
  const { mergedFacts } = state.person;
  const lends = mergedFacts.mergedLeads.find(
    ({ stage }) =>
      stage?.stage === state.stage &&
      stage.from === state.from &&
      ['handed-off', 'sal', 'sql'].includes(stage.stage) &&
      furtherStage(mergedFacts.own, stage) === stage,
  );
  return lends ? lends.path.at(-1) : mergedFacts.handoffOf;
};
const handoffOfMerge = (state: Lead, event: DatedEvent<LeadEvent>): Pick<MergedFacts, 'handoffOf'> => {
  const handoffOf = answersHandoff.has(event.type) ? mergedHandoffOf(state) : undefined;
  return handoffOf === undefined ? {} : { handoffOf };
};
/** Events that change the stage of a lead. */
export const stageChangeEvents: ReadonlySet<string> = new Set<LeadEvent['type']>([
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
/** Events of a merged lead that the policy copies to its survivor. */
const copiedToSurvivor: ReadonlySet<string> = new Set<LeadEvent['type']>([
  ...(['TouchRecorded', 'LeadVisitsJoined', 'LeadRecycled', 'LeadBecameCustomer', 'LeadReengaged'] as const),
  ...(['LeadProfileChanged', 'LeadJoinedOpportunity', 'LeadLeftOpportunity'] as const),
  ...(['LeadVisitorLinked', 'LeadFactsCleared', 'LeadReturnedToOpportunity'] as const),
  ...(['MergedFactsAdded', 'MergedFactsRemoved', 'LeadUnmerged'] as const),
]);

/** The marks that copy an event of a merged lead to its survivor, and an answer to the handoff of a merged lead. */
const withMergeReferences = (state: Lead, facts: Facts): Facts => {
  const survivorId = isCapturedLead(state) ? state.person.mergedInto : undefined;
  const handoffOf = mergedHandoffOf(state);
  if (survivorId === undefined && handoffOf === undefined) return facts;
  return facts.map(({ data, ...fact }) => {
    const references = {
      ...(survivorId !== undefined && copiedToSurvivor.has(fact.type) && { survivorId }),
      ...(handoffOf !== undefined && answersHandoff.has(fact.type) && { handoffOf }),
    };
    return { ...fact, data: { ...data, ...references } } as NewEvent<LeadEvent>;
  });
};

/** The re-engagement and the qualification that follow when a survivor takes over the facts of a merged lead. */
const followUpsOfMerge = (
  known: CapturedLead,
  { leadId, mergedLeadId, stage }: MergedFactsAddedEvent['data'],
): Facts => {
  const reengaged: NewEvent<LeadEvent> = { type: 'LeadReengaged', data: { leadId, cause: 'merge' } };
  const returned = 'since' in known;
  const active = returned && hasTouch(known.person.touches, ({ at, bySales }) => !bySales && at >= known.since);
  if (stage?.stage !== 'mql' || !['lead', 'rejected', 'recycled'].includes(known.stage))
    return active ? [reengaged] : [];
  const qualified: NewEvent<LeadEvent> = {
    type: 'LeadQualified',
    data: { leadId, definition: stage.definition!, evidence: { merged: mergedLeadId } },
  };
  return returned ? [reengaged, qualified] : [qualified];
};

/**
 * Adds merges to a decider of leads: the survivor takes over the touches of its merged leads, the facts that it lacks and
 * the highest stage, and is evaluated on all of them. An unmerge removes exactly that again; what the survivor did itself
 * in the meantime stays.
 */
export const withMerges = (decider: LeadDecider): LeadDecider => {
  const evolve = (state: Lead, event: DatedEvent<LeadEvent>): Lead => {
    const next = decider.evolve(state, event);
    return event.type === 'LeadUnmerged'
      ? removeMergedFacts(next, [event.data.mergedLeadId])
      : keepUnmergedState(state, next, event);
  };
  /**
   * Adds the resulting stage to the event, and the events that follow from it: those of `more`, and a qualification.
   * @param from time of the earliest fact that is evaluated
   */
  const withFollowUps = (
    fact: NewEvent<LeadEvent>,
    [state, command, context]: Parameters<LeadDecider['decide']>,
    { from, more }: { readonly from?: Instant; readonly more?: (lead: CapturedLead) => Facts },
  ): Facts => {
    const after = (facts: Facts): Lead => leadAfter(evolve, state, facts, context);
    const known = after([fact]);
    if (!isCapturedLead(known) || !isCapturedLead(state)) return [fact];
    const same = known.stage === state.stage && known.from === state.from;
    const becomes = same ? {} : { becomes: sharedStageOf(stageOf(known)) };
    // Merged leads contribute no qualification, so one that no longer holds was met by merged facts.
    const qualified = state.stage === 'mql' && !same && { takenBack: state.qualified.eventId };
    const data = { ...fact.data, ...becomes, ...(fact.type !== 'MergedFactsAdded' && qualified) };
    const facts: NewEvent<LeadEvent>[] = [{ ...fact, data } as NewEvent<LeadEvent>];
    if (more && known.person.mergedInto === undefined) facts.push(...more(known));
    const reevaluate = {
      type: 'ReevaluateLead',
      data: { leadId: command.data.leadId, ...(from !== undefined && { from }) },
      meta: command.meta,
    } as const;
    const idOf = (index: number) => context.idOf(facts.length + index);
    const evaluated = decider.decide(after(facts), reevaluate, { ...context, idOf });
    return evaluated instanceof Refused ? facts : [...facts, ...evaluated];
  };
  const decide: LeadDecider['decide'] = (...args) => {
    const [state, command] = args;
    if (command.type !== 'AddMergedFacts' && command.type !== 'RemoveMergedFacts') {
      const facts = decider.decide(...args);
      if (facts instanceof Refused || facts[0]?.type !== 'LeadUnmerged') return facts;
      return withFollowUps(facts[0], args, { from: mergedSince(state) });
    }
    const lead = capturedLead(state);
    if (lead instanceof Refused) return lead;
    if (command.type === 'AddMergedFacts') {
      const data = newMergedFacts(lead, command.data);
      if (!data) return [];
      const more = (known: CapturedLead) => followUpsOfMerge(known, data);
      return withFollowUps({ type: 'MergedFactsAdded', data }, args, { from: earliestLateTouch(lead, data), more });
    }
    const path = pathOf(command.data);
    if (!lead.person.mergedFacts?.mergedLeads.some((each) => startsWith(each.path, path))) return [];
    return withFollowUps({ type: 'MergedFactsRemoved', data: command.data }, args, { from: mergedSince(lead) });
  };
  return {
    ...decider,
    evolve,
    decide: (state, command, context) => {
      const facts = decide(state, command, context);
      return facts instanceof Refused ? facts : withMergeReferences(state, facts);
    },
    elapse: (state, context) => withMergeReferences(state, decider.elapse(state, context)),
  };
};

/** Time of the first merge of a survivor. */
const mergedSince = (state: Lead): Instant | undefined =>
  isCapturedLead(state) ? state.person.mergedFacts?.since : undefined;

const hasTouch = (touches: TouchLog, holds: (touch: TouchFact) => boolean): boolean => {
  for (let index = touches.length - 1; index >= 0; index--) if (holds(touches.at(index)!)) return true;
  return false;
};

/** The earliest new touch of a lead that was merged before; facts that arrive with the merge are evaluated as of now. */
const earliestLateTouch = ({ person }: CapturedLead, news: MergedFactsAddedEvent['data']): Instant | undefined => {
  const known = person.mergedFacts?.mergedLeads.some((each) => samePath(each.path, pathOf(news)));
  return known ? news.touches.map(({ at }) => at).sort()[0] : undefined;
};

type AddMergedFactsData = Extract<LeadCommand, { type: 'AddMergedFacts' }>['data'];
/** The facts of a message that are new here; undefined if there are none, or if the merge was undone since. */
const newMergedFacts = (
  { person }: CapturedLead,
  data: AddMergedFactsData,
): MergedFactsAddedEvent['data'] | undefined => {
  const path = pathOf(data);
  // In a chain of merges that passes this lead, its own facts would come back.
  if (!person.merged.get(data.mergedLeadId)?.stands || path.includes(person.leadId)) return undefined;
  const known = person.mergedFacts?.mergedLeads.find((each) => samePath(each.path, path));
  const touches = data.touches.filter(({ id }) => !known?.touchIds.has(id));
  const { leadId, mergedLeadId, through, profile, cleared, stage } = data;
  const ids = idsAfter(data);
  const sameIds = JSON.stringify(idsAfter(data, known)) === JSON.stringify(idsAfter(known ?? {}));
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
