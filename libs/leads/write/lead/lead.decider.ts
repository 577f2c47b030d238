import {
  laterOf,
  decider,
  hasText,
  refuse,
  Refused,
  type Decider,
  type NewEvent,
  type Instant,
  type Json,
} from '@baton/kernel';
import { inForceOrBuiltIn, salesQuestions, type DefinitionBodies, type DefinitionContext } from '@baton/definitions';
import {
  closedDeal,
  firstContactAfter,
  withDealConsequences,
  withDealJoined,
  withDealLeft,
  lastChangeOfPart,
  withDealChange,
} from './deals.rules';
import { checkExternalMove } from './external.rules';
import { withQualificationForecast } from './qualification-forecast.rules';
import { withHotLeadAlert } from './hot-lead-alert.rules';
import { leadCommands, leadEvents, type LeadCommand, type LeadEvent } from './lead.events';
import {
  leadAfter,
  atStage,
  dealOf,
  convertedFrom,
  isCapturedLead,
  isOwnOfSales,
  withMove,
  withDeal,
  withFacts,
  withPersonalFactNames,
  withPerson,
  withTouch,
  type CapturedLead,
  type Lead,
  type Person,
} from './lead.model';
import { withLateMoves } from './late-moves.rules';
import { capturedLead, idReleased, checkMove, unmergedLead, type MoveName } from './moves.rules';
import { handoffPackage } from './package.rules';
import { obligationFolds, withSlaClocks } from './obligations.rules';
import {
  evidenceOf,
  evidenceOfMet,
  evaluationInstants,
  isQualified,
  criteriaNotMet,
  qualification,
  evaluateAgreement,
  type Qualification,
} from './qualification.rules';
import { knownFacts, changedFacts } from './profile.model';
import { TouchLog } from './touch-log.model';
import type { LeadTouch } from './merged-facts.events';
import { mergedFactsFolds, withMerges } from './merged-facts.rules';

type Facts = readonly NewEvent<LeadEvent>[];
type Decision = Facts | Refused;
interface MoveData {
  readonly leadId: string;
  readonly external?: string;
}
const MAX_DEALS_PER_TOUCH = 500; // maximum length of the list in one event

/** Runs a decision if the lead check did not refuse. */
const decideOn = (found: CapturedLead | Refused, decide: (lead: CapturedLead) => Decision): Decision =>
  found instanceof Refused ? found : decide(found);

/** Ignores events about deals of a lead that is not captured yet; a policy repeats them at the capture. */
const onceCaptured = (state: Lead, decide: (lead: CapturedLead) => Decision): Decision =>
  state.stage === 'unknown' ? [] : decideOn(capturedLead(state), decide);

/** In a backfill an earlier change may still follow, so a repetition at a later instant is recorded. */
const isLaterInBackfill = (at: Instant | undefined, { mode, now }: DefinitionContext): boolean =>
  mode === 'backfill' && now > (at ?? '');

/** Decides a move; nothing happens if the lead is at that stage already. */
const move = (
  state: Lead,
  name: MoveName,
  { external }: MoveData,
  decide: (lead: CapturedLead, flagged: { external?: true }) => Decision,
): Decision => {
  const lead = checkMove(state, name, external);
  if (lead === undefined) return [];
  return decideOn(lead, (known) => decide(known, external === undefined ? {} : { external: true }));
};

/** The version that decides: the one in force, or `external:<system>`. */
const definitionFor = (
  { external }: MoveData,
  kind: 'mql' | 'sql',
  { definition }: DefinitionContext,
): string | Refused =>
  external !== undefined
    ? `external:${external}`
    : (definition(kind)?.ref ??
      refuse('lead/no-definition', `No definition of ${kind} is in force; propose and approve one first.`, '', {
        kind,
      }));

/** The version that qualified the lead; later moves by sales are attributed to it. */
const definitionOfLead = (lead: CapturedLead, { external }: MoveData): string =>
  external === undefined && 'definition' in lead ? lead.definition : `external:${external}`;

/**
 * Evaluates the lead under the definitions in force as of its latest event, so that a touch recorded late counts together
 * with those that happened after it.
 */
const currentQualification = (
  { person }: CapturedLead,
  { now, definition }: DefinitionContext,
): Qualification | undefined => qualification(person, laterOf(now, person.latest), definition);
/** The first instant from `from` on at which the lead qualifies, and its evaluation at that instant. */
const firstQualification = (
  { person, from: notBefore }: CapturedLead,
  from: Instant,
  { definition }: DefinitionContext,
): { readonly at: Instant; readonly found: Qualification } | undefined => {
  if (definition('mql') === undefined && definition('scoring-model') === undefined) return undefined;
  const at = evaluationInstants(person, [from, notBefore], definition).find((one) =>
    isQualified(person, one, definition),
  );
  return at === undefined ? undefined : { at, found: qualification(person, at, definition)! };
};
/** The time of the earliest visit in the events; `now` without visits. */
const earliestVisitAt = (facts: Facts, now: Instant): Instant =>
  facts
    .flatMap((fact) => (fact.type === 'LeadVisitsJoined' ? fact.data.visits.map(({ at }) => at) : []))
    .reduce((first, at) => (at < first ? at : first), now);

const afterMoves = (state: Lead, facts: Facts, context: DefinitionContext): Lead =>
  leadAfter(lifecycle.evolve, state, facts, context);

/** Adds the qualification that follows from the events, in the same append. */
const withQualification = (
  state: Lead,
  facts: Facts,
  context: DefinitionContext,
  from: Instant = earliestVisitAt(facts, context.now),
): Facts => {
  const after = afterMoves(state, facts, context);
  if (!isCapturedLead(after) || after.stage !== 'lead' || after.person.mergedInto !== undefined) return facts;
  const currentQualification = firstQualification(after, from, context);
  if (!currentQualification) return facts;
  const { at: occurredAt, found } = currentQualification;
  const data = { leadId: after.person.leadId, definition: found.definition!, evidence: evidenceOfMet(found) };
  return [...facts, { type: 'LeadQualified', data, ...(occurredAt !== context.now && { occurredAt }) }];
};

/** Adds the moves that follow from events about deals, and a re-engagement by later touches. */
const withDealMoves = (state: Lead, facts: Facts, context: DefinitionContext, from?: Instant): Decision => {
  const after = (all: Facts): Lead => afterMoves(state, all, context);
  return withQualification(
    state,
    withReengagement(state, withDealConsequences(state, facts, context, after), context),
    context,
    from,
  );
};
/** Re-engages a lead whose return to marketing was recorded after a later touch, at the time of that touch. */
const withReengagement = (state: Lead, facts: Facts, context: DefinitionContext): Facts => {
  const after = afterMoves(state, facts, context);
  if (!isCapturedLead(after) || !('since' in after) || after.person.mergedInto !== undefined) return facts;
  const { person, since } = after;
  const active = firstContactAfter(person, since);
  if (active === undefined) return facts;
  const again: NewEvent<LeadEvent> = {
    type: 'LeadReengaged',
    occurredAt: active,
    data: { leadId: person.leadId, cause: 'touch' },
  };
  return [...facts, again];
};
const withReturnToMarketing = (state: Lead, facts: Facts, context: DefinitionContext): Facts =>
  withQualification(state, withReengagement(state, facts, context), context);

const byInstant = (a: LeadTouch, b: LeadTouch): number => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.id < b.id ? -1 : 1);

const isBlank = (text: string | undefined): boolean => !hasText(text);
/** True if there is any fact besides the lead’s id and its owner. */
const hasAnyFact = ({ leadId: _, owner: __, ...facts }: { readonly leadId: string; readonly owner?: string }) =>
  Object.values(facts).some((fact) => typeof fact !== 'string' || !isBlank(fact));
const omit = <D extends object, K extends keyof D>(data: D, ...without: readonly K[]): Omit<D, K> =>
  Object.fromEntries(Object.entries(data).filter(([name]) => !without.includes(name as K))) as Omit<D, K>;

/** Hands a lead off with its package; a handoff by another system has none. */
const handOff = (state: Lead, data: MoveData & { readonly rep: string }, context: DefinitionContext): Decision =>
  move(state, 'HandOffLead', data, (known, flagged) => {
    const count = known.person.handoffs + 1;
    const built = known.stage === 'mql' && data.external === undefined ? handoffPackage(known, context) : undefined;
    const pack = built && { package: built as unknown as Json };
    const facts = { ...omit(data, 'external'), definition: definitionOfLead(known, data), count, ...pack, ...flagged };
    return [{ type: 'LeadHandedOff', data: facts }];
  });

const lifecycle = decider<Lead, LeadCommand, LeadEvent, DefinitionBodies>({
  commands: leadCommands,
  events: leadEvents,
  uses: ['mql', 'sal', 'sql', 'scoring-model', 'rejection-reasons', 'routing', 'stage-map'],
  initialState: () => ({ stage: 'unknown' }),
  decide: {
    CaptureLead: (state, { data }, context) => {
      if (state.stage === 'released') return idReleased();
      if (isCapturedLead(state)) return alreadyCaptured(data.leadId);
      // A backfill may capture a lead without any facts, because its touches follow.
      if (context.mode === 'live' && !hasAnyFact(data))
        return refuse(
          'lead/nothing-known',
          'The input names nothing about the person; give at least one profile field, an externalId or a source.',
          'input',
        );
      return withQualification(state, [{ type: 'LeadCaptured', data: withPersonalFactNames(data) }], context);
    },
    UpdateLead: (state, { data: { leadId, ...changes } }, context) =>
      decideOn(capturedLead(state), ({ person }) => {
        if (Object.keys(changes).length === 0) return nothingToChange('');
        const fresh = changedFacts(person.facts, context.now, changes);
        const changed: Facts = fresh
          ? [{ type: 'LeadProfileChanged', data: withPersonalFactNames({ leadId, ...fresh }) }]
          : [];
        return fresh ? withQualification(state, changed, context) : [];
      }),
    ClearLeadFact: (state, { data: { leadId, facts } }, context) =>
      decideOn(capturedLead(state), ({ person }) => {
        if (facts.length === 0) return nothingToChange('facts');
        const known = knownFacts(person.facts, context.now, facts);
        return known.length > 0
          ? withQualification(state, [{ type: 'LeadFactsCleared', data: { leadId, facts: known } }], context)
          : [];
      }),
    RecordTouch: (state, { data }, context) =>
      decideOn(capturedLead(state), ({ person: { leadId, opportunityIds }, ...stage }) => {
        const stamp = opportunityIds.length > 0 && { opportunityIds: opportunityIds.slice(-MAX_DEALS_PER_TOUCH) };
        const touch: NewEvent<LeadEvent> = { type: 'TouchRecorded', data: { ...data, ...stamp } };
        // A touch before the return to marketing, recorded late, shows no new interest.
        const again: Facts =
          'since' in stage && context.now >= stage.since && !isOwnOfSales(data)
            ? [{ type: 'LeadReengaged', data: { leadId, cause: 'touch' } }]
            : [];
        return withQualification(state, [touch, ...again], context);
      }),
    JoinVisits: (state, { data: { visits, ...data } }, context) =>
      decideOn(capturedLead(state), ({ person, ...stage }) => {
        const fresh = visits.filter(({ id }) => !person.touches.has(id)).sort(byInstant);
        if (fresh.length === 0) return [];
        const joined: NewEvent<LeadEvent> = { type: 'LeadVisitsJoined', data: { ...data, visits: fresh } };
        const since = 'since' in stage ? stage.since : undefined;
        const active =
          since === undefined ? undefined : fresh.find((visit) => visit.at >= since && !isOwnOfSales(visit));
        const again: Facts = active
          ? [{ type: 'LeadReengaged', occurredAt: active.at, data: { leadId: person.leadId, cause: 'touch' } }]
          : [];
        return withQualification(state, [joined, ...again], context);
      }),
    ReevaluateLead: (state, { data: { from } }, context) =>
      decideOn(unmergedLead(state), () => withDealMoves(state, [], context, from)),
    QualifyLead: (state, { data }, context) =>
      move(state, 'QualifyLead', data, (known, flagged) => {
        const found = data.external === undefined ? currentQualification(known, context) : undefined;
        // Criteria in force cannot be overridden by the caller.
        if (found?.criteria && !found.met) return criteriaNotMet(context.definition('mql')!, found.criteria);
        if (found?.met) return withQualification(state, [], context);
        const definition = definitionFor(data, 'mql', context);
        if (definition instanceof Refused) return definition;
        const { leadId, evidence } = data;
        const statement = evidence !== undefined && { statement: evidence };
        return [{ type: 'LeadQualified', data: { leadId, definition, ...statement, ...flagged } }];
      }),
    HandOffLead: (state, { data }, context) => {
      if (state.stage === 'handed-off' && !state.person.mergedInto && state.rep !== data.rep)
        return refuse(
          'lead/already-handed-off',
          `The lead is already handed off to ${state.rep}; that rep must answer or recycle it before it can go to another rep.`,
          'rep',
          { rep: state.rep },
        );
      return handOff(state, data, context);
    },
    HandOffRoutedLead: (state, { data }, context) =>
      decideOn(capturedLead(state), ({ stage, person }) => {
        const { leadId, queue, choice } = data;
        if (person.handoffLog.some((handoff) => handoff.choice === choice)) return [];
        // The lead has moved on; the event lets the queue give the rep’s turn back.
        return stage === 'mql' && person.mergedInto === undefined
          ? handOff(state, data, context)
          : [{ type: 'LeadRoutingCancelled', data: { leadId, queue, choice } }];
      }),
    AcceptLead: (state, { data, meta }, context) =>
      move(state, 'AcceptLead', data, (known, flagged) => {
        const agreement = data.external === undefined ? context.definition('sal') : undefined;
        const verdict = evaluateAgreement(
          agreement,
          known.person,
          laterOf(context.now, known.person.latest),
          context.definition,
        );
        if (verdict && !verdict.met) return criteriaNotMet(agreement!, verdict);
        const rep = ('rep' in known && known.rep) || meta.actor;
        return [
          {
            type: 'LeadAccepted',
            data: { leadId: data.leadId, rep, definition: definitionOfLead(known, data), ...flagged },
          },
        ];
      }),
    RejectLead: (state, { data }, context) =>
      move(state, 'RejectLead', data, (known, flagged) => {
        const { reasons } = inForceOrBuiltIn('rejection-reasons', context.definition('rejection-reasons')).body;
        // Reasons of other systems need not be in the agreed list.
        const bound = data.external === undefined;
        if (bound && !reasons.some(({ code }) => code === data.reason))
          return refuse(
            'lead/unknown-reason',
            `reason must be one of ${reasons.map(({ code }) => code).join(', ')}.`,
            'reason',
          );
        if (bound && data.reason === 'other' && isBlank(data.note))
          return refuse('lead/note-needed', 'note is required when reason is `other`; describe the reason.', 'note');
        const facts = { ...omit(data, 'external'), definition: definitionOfLead(known, data), ...flagged };
        return withReturnToMarketing(state, [{ type: 'LeadRejected', data: facts }], context);
      }),
    RecycleLead: (state, { data }, context) =>
      move(state, 'RecycleLead', data, (_, flagged) =>
        data.reengageAt !== undefined && data.reengageAt <= context.now
          ? refuse('lead/reengage-too-early', 'reengageAt must be later than the recycling itself.', 'reengageAt')
          : withReturnToMarketing(
              state,
              [{ type: 'LeadRecycled', data: { ...omit(data, 'external'), ...flagged } }],
              context,
            ),
      ),
    SalesQualifyLead: (state, { data }, context) =>
      move(state, 'SalesQualifyLead', data, (known, flagged) => {
        const definition = definitionFor(data, 'sql', context);
        if (definition instanceof Refused) return definition;
        if (data.external === undefined && salesQuestions.every((answer) => isBlank(data[answer])))
          return refuse(
            'lead/no-answers',
            'Give at least one of budget, authority, need and timeline; all of them are blank.',
            'budget',
          );
        const verdict =
          data.external === undefined
            ? evaluateAgreement(
                context.definition('sql'),
                { ...known.person, answers: data },
                laterOf(context.now, known.person.latest),
                context.definition,
              )
            : undefined;
        if (verdict && !verdict.met) return criteriaNotMet(context.definition('sql')!, verdict);
        const evidence: { evidence?: Json } = verdict ? { evidence: evidenceOf(verdict) } : {};
        return [
          { type: 'LeadSalesQualified', data: { ...omit(data, 'external'), definition, ...evidence, ...flagged } },
        ];
      }),
    ConvertLead: (state, { data: { leadId, opportunityId, external } }, context) => {
      const known = unmergedLead(state);
      if (known instanceof Refused) return known;
      const converted = known.stage === 'opportunity' || known.stage === 'customer';
      if (converted && dealOf(known.person, opportunityId)?.convertedAt) return [];
      if (known.stage === 'opportunity' && external === undefined)
        return refuse(
          'lead/not-sales-qualified',
          'The lead is already converted; give it a role in the other opportunity instead.',
        );
      const definition = definitionOfLead(known, { leadId, external });
      const data = { leadId, opportunityId, definition };
      // Only another system may report a second deal of a converted lead.
      if (known.stage === 'opportunity')
        return withDealMoves(state, [{ type: 'LeadConverted', data: { ...data, external: true } }], context);
      return move(state, 'ConvertLead', { leadId, external }, (_, flagged) =>
        withDealMoves(state, [{ type: 'LeadConverted', data: { ...data, ...flagged } }], context),
      );
    },
    DisqualifyLead: (state, { data }) =>
      move(state, 'DisqualifyLead', data, (_, flagged) => [
        { type: 'LeadDisqualified', data: { ...omit(data, 'external'), ...flagged } },
      ]),
    // The handler reserves the merge in `merges-all` and sends RecordMerge instead.
    MergeLead: () =>
      refuse(
        'lead/merge-not-reserved',
        'Send MergeLead through the command bus; a merge must be reserved before it is recorded.',
      ),
    RecordMerge: (state, { data }) =>
      decideOn(capturedLead(state), ({ person }) => {
        const known = person.merged.get(data.mergedLeadId);
        return known && known.mergeNumber >= data.mergeNumber ? [] : [{ type: 'LeadMerged', data }];
      }),
    UnmergeLead: (state, { data: { leadId, mergedLeadId } }) =>
      decideOn(capturedLead(state), ({ person }) => {
        const merged = person.merged.get(mergedLeadId);
        if (merged === undefined)
          return refuse('lead/not-merged', 'mergedLeadId was never merged into this lead.', 'mergedLeadId');
        const { mergeNumber, stands } = merged;
        return stands ? [{ type: 'LeadUnmerged', data: { leadId, mergedLeadId, mergeNumber } }] : [];
      }),
    AdvanceClock: () => [],
    AddMergedFacts: () => [],
    RemoveMergedFacts: () => [],
    FollowMerge: (state, { data }) =>
      decideOn(capturedLead(state), ({ person: { mergeNumber = -1 } }) =>
        mergeNumber >= data.mergeNumber ? [] : decideOn(unmergedLead(state), () => [{ type: 'LeadMergedInto', data }]),
      ),
    FollowUnmerge: (state, { data }, context) =>
      decideOn(capturedLead(state), ({ person: { mergedInto, mergedAt, mergeNumber } }) =>
        mergedInto === data.survivorId && mergeNumber === data.mergeNumber
          ? withQualification(state, [{ type: 'LeadUnmergedFrom', data }], context, mergedAt)
          : [],
      ),
    JoinOpportunity: (state, { data }, context) => {
      const { leadId, opportunityId } = data;
      if (state.stage === 'unknown') return [{ type: 'LeadNamed', data: { leadId, opportunityId } }];
      return decideOn(capturedLead(state), ({ person }) => {
        const deal = dealOf(person, opportunityId);
        const same = deal?.joined && (data.role === undefined || deal.role === data.role);
        if (same && !isLaterInBackfill(lastChangeOfPart(deal, true), context)) return [];
        return withDealMoves(state, [{ type: 'LeadJoinedOpportunity', data }], context);
      });
    },
    LeaveOpportunity: (state, { data }, context) =>
      onceCaptured(state, ({ person }) => {
        const deal = dealOf(person, data.opportunityId);
        return deal && (deal.on || isLaterInBackfill(lastChangeOfPart(deal, false), context))
          ? withDealMoves(state, [{ type: 'LeadLeftOpportunity', data }], context)
          : [];
      }),
    NoteOpportunityWon: (state, { data }, context) => recordDealOutcome(state, 'won', data, context),
    NoteOpportunityLost: (state, { data }, context) => recordDealOutcome(state, 'lost', data, context),
    NoteOpportunityReopened: (state, { data }, context) =>
      onceCaptured(state, ({ person }) =>
        dealOf(person, data.opportunityId)?.end
          ? withDealMoves(state, [{ type: 'LeadOpportunityReopened', data }], context)
          : [],
      ),
    LinkVisitor: (state, { data }) =>
      state.stage === 'unknown'
        ? [{ type: 'LeadNamed', data }]
        : decideOn(capturedLead(state), ({ person }) =>
            person.visitorIds.includes(data.visitorId) ? [] : [{ type: 'LeadVisitorLinked', data }],
          ),
    ReleaseLeadId: (state, { data }) => {
      if (state.stage === 'released') return [];
      return isCapturedLead(state) ? alreadyCaptured(data.leadId) : [{ type: 'LeadIdReleased', data }];
    },
  },
  evolve: {
    LeadCaptured: (_, event) =>
      withFacts(
        {
          stage: 'lead',
          from: event.occurredAt,
          person: {
            leadId: event.data.leadId,
            ...{ facts: {}, profile: {}, personalFacts: [], stages: [] },
            touches: TouchLog.empty(),
            latest: event.occurredAt,
            handoffs: 0,
            handoffLog: [],
            deals: [],
            opportunityIds: [],
            visitorIds: [],
            merged: new Map(),
            obligations: [],
          },
        },
        event,
      ),
    LeadProfileChanged: withFacts,
    LeadFactsCleared: withFacts,
    TouchRecorded: (state, { id, data, occurredAt }) => withTouch(state, id, occurredAt, data),
    LeadVisitsJoined: (state, { data: { visits } }) =>
      visits.reduce((known, { id, at: when, ...visit }) => withTouch(known, id, when, visit), state),
    LeadQualified: (state, { id, data: { definition, evidence, statement }, occurredAt }) => {
      const met = { ...(evidence !== undefined && { evidence }), ...(statement !== undefined && { stated: true }) };
      return atStage(state, {
        stage: 'mql',
        definition,
        qualified: { eventId: id, at: occurredAt, ...met },
        from: occurredAt,
      });
    },
    LeadHandedOff: (state, event) => {
      const { definition, rep, count } = event.data;
      const handed = withMove(state, event, { stage: 'handed-off', definition, rep });
      return withPerson(handed, (person) => ({ ...person, handoffs: count }));
    },
    QualificationScheduled: (state, { data: { at } }) =>
      withPerson(state, ({ qualifiesAt: _, ...person }) => ({ ...person, ...(at && { qualifiesAt: at }) })),
    LeadBecameHot: (state, { occurredAt }) =>
      withPerson(state, (person) => ({ ...person, hotAlertAt: laterOf(person.hotAlertAt ?? '', occurredAt) })),
    LeadRoutingCancelled: (state) => state,
    LeadAccepted: (state, event) => {
      const { definition, rep } = event.data;
      return withMove(state, event, { stage: 'sal', definition, rep });
    },
    LeadRejected: (state, event) => withMove(state, event, { stage: 'rejected', since: event.occurredAt }),
    LeadRecycled: (state, event) => {
      const { reengageAt } = event.data;
      const until = reengageAt !== undefined && { reengageAt };
      return withMove(state, event, { stage: 'recycled', since: event.occurredAt, ...until });
    },
    LeadSalesQualified: (state, event) => {
      const { definition } = event.data;
      return withMove(state, event, { stage: 'sql', definition, ...('rep' in state && { rep: state.rep }) });
    },
    LeadConverted: (state, event) =>
      withPerson(withMove(state, event, { stage: convertedFrom(state.stage) }), (person) =>
        withDealJoined(person, event.data.opportunityId, event.occurredAt, { convertedAt: event.occurredAt }),
      ),
    LeadOpportunityLost: (state, { data: { opportunityId, closedAt }, occurredAt }) =>
      withDealChange(state, (person) => closedDeal(person, opportunityId, 'lost', closedAt ?? occurredAt)),
    LeadOpportunityWon: (state, { data: { opportunityId, closedAt }, occurredAt }) =>
      withDealChange(state, (person) => closedDeal(person, opportunityId, 'won', closedAt ?? occurredAt)),
    LeadOpportunityReopened: (state, { data: { opportunityId } }) =>
      withPerson(state, (person) => withDeal(person, opportunityId, { end: undefined, tookPart: undefined })),
    LeadReturnedToOpportunity: (state, event) => withMove(state, event, { stage: 'opportunity' }),
    LeadBecameCustomer: (state, event) =>
      withPerson(withMove(state, event, { stage: 'customer' }), (person) =>
        closedDeal(person, event.data.opportunityId, 'won', event.occurredAt),
      ),
    LeadReengaged: (state, event) =>
      withPerson(withMove(state, event, { stage: 'lead' }), (person) => ({
        ...person,
        latest: laterOf(person.latest, event.occurredAt),
      })),
    LeadDisqualified: (state, event) => withMove(state, event, { stage: 'disqualified' }),
    LeadMerged: (state, { data }) => withMerged(state, data, true),
    LeadUnmerged: (state, { data }) => withMerged(state, data, false),
    LeadMergedInto: (state, { data: { survivorId, mergeNumber }, occurredAt }) =>
      withPerson(state, (person) => ({ ...person, mergedInto: survivorId, mergedAt: occurredAt, mergeNumber })),
    LeadUnmergedFrom: (state) => withPerson(state, (person) => omit(person, 'mergedInto', 'mergedAt') as Person),
    LeadJoinedOpportunity: (state, { data: { opportunityId, role }, occurredAt }) =>
      withDealChange(state, (person) =>
        withDealJoined(person, opportunityId, occurredAt, { joined: true, ...(role !== undefined && { role }) }),
      ),
    LeadLeftOpportunity: (state, { data: { opportunityId, tookPart }, occurredAt }) =>
      withDealChange(state, (person) => withDealLeft(person, opportunityId, occurredAt, tookPart)),
    LeadNamed: (state) => state,
    LeadVisitorLinked: (state, { data: { visitorId } }) =>
      withPerson(state, (person) => ({ ...person, visitorIds: [...person.visitorIds, visitorId] })),
    LeadIdReleased: () => ({ stage: 'released' }),
    ...mergedFactsFolds,
    ...obligationFolds,
  },
  due: (state) => (state.stage === 'recycled' ? state.reengageAt : undefined),
  elapse: (state, context) =>
    isCapturedLead(state)
      ? withQualification(
          state,
          [{ type: 'LeadReengaged', data: { leadId: state.person.leadId, cause: 'date' } }],
          context,
        )
      : [],
});

/** The lifecycle with the check of moves by other systems. */
const withExternalRules: typeof lifecycle = {
  ...lifecycle,
  decide: (state, command, context) =>
    (isCapturedLead(state) && state.person.mergedInto === undefined && checkExternalMove(state, command, context)) ||
    lifecycle.decide(state, command, context),
};

/** The decider of leads, with merges, forecasts, alerts, SLA clocks and late moves. */
export const leadDecider: Decider<Lead, LeadCommand, LeadEvent> = withLateMoves(
  withSlaClocks(withHotLeadAlert(withQualificationForecast(withMerges(withExternalRules)))),
);

const nothingToChange = (path: string): Refused =>
  refuse('lead/nothing-to-change', 'Name at least one fact to change.', path);

/** Records that a deal of the lead was won or lost. */
const recordDealOutcome = (
  state: Lead,
  how: 'won' | 'lost',
  data: { readonly leadId: string; readonly opportunityId: string; readonly closedAt?: Instant },
  context: DefinitionContext,
): Decision =>
  onceCaptured(state, ({ person }) => {
    if (dealOf(person, data.opportunityId)?.end?.how === how) return [];
    return withDealMoves(
      state,
      [{ type: how === 'won' ? 'LeadOpportunityWon' : 'LeadOpportunityLost', data }],
      context,
    );
  });

const alreadyCaptured = (leadId: string): Refused =>
  refuse(
    'lead/already-captured',
    'A lead was already captured under this leadId; change it with UpdateLead.',
    'leadId',
    { leadId },
  );

const withMerged = (
  state: Lead,
  { mergedLeadId, mergeNumber }: { readonly mergedLeadId: string; readonly mergeNumber: number },
  stands: boolean,
): Lead =>
  withPerson(state, (person) => ({
    ...person,
    merged: new Map(person.merged).set(mergedLeadId, { mergeNumber, stands }),
  }));
