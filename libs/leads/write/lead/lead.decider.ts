import { decider, refuse, Refused, type Context, type Fact } from '@baton/kernel';
import { settled } from '@baton/definitions';
import { leadCommands, leadEvents, type LeadCommand, type LeadEvent } from './lead.events';
import { at, dealOf, isKnown, withDeal, withPerson, type Known, type Lead, type Person } from './lead.model';
import { existing, idReleased, mayMove, standing, type MoveName } from './moves.rules';

type Facts = readonly Fact<LeadEvent>[];
type Answer = Facts | Refused;
interface Moving {
  readonly leadId: string;
  readonly external?: string;
}
const STAMPED_DEALS = 500; // what one event's list holds

/** Runs a decision on a lead that exists; `free` also on one that was merged away. */
const on = (found: Known | Refused, decide: (lead: Known) => Answer): Answer =>
  found instanceof Refused ? found : decide(found);

/** Decides a move: what stands there already changes nothing. */
const move = (
  state: Lead,
  name: MoveName,
  { external }: Moving,
  decide: (lead: Known, flagged: { external?: true }) => Answer,
): Answer => {
  const lead = mayMove(state, name, external);
  if (lead === undefined) return [];
  return on(lead, (known) => decide(known, external === undefined ? {} : { external: true }));
};

/** Which version decides: the one in force, or the word of the other system. */
const deciding = ({ external }: Moving, kind: string, { definition }: Context): string | Refused =>
  external !== undefined
    ? `external:${external}`
    : (definition(kind)?.ref ??
      refuse('lead/no-definition', `Both teams must agree on a definition of ${kind} first.`, '', { kind }));

/** The version that qualified the lead answers for what sales makes of it. */
const carried = (lead: Known, { external }: Moving): string =>
  external === undefined && 'definition' in lead ? lead.definition : `external:${external}`;

const bant = ['budget', 'authority', 'need', 'timeline'] as const;
const blank = (text: string | undefined): boolean => text === undefined || text.trim() === '';
const rest = <D extends object, K extends keyof D>(data: D, ...without: readonly K[]): Omit<D, K> =>
  Object.fromEntries(Object.entries(data).filter(([name]) => !without.includes(name as K))) as Omit<D, K>;

export const lead = decider<Lead, LeadCommand, LeadEvent>({
  commands: leadCommands,
  events: leadEvents,
  uses: ['mql', 'sql', 'rejection-reasons'],
  initialState: () => ({ stage: 'unknown' }),
  decide: {
    CaptureLead: (state, { data }) => {
      if (state.stage === 'released') return idReleased();
      if (isKnown(state)) return alreadyCaptured(data.leadId);
      return [{ type: 'LeadCaptured', data }];
    },
    ChangeLeadProfile: (state, { data }) =>
      on(standing(state), () =>
        Object.keys(data).length > 1
          ? [{ type: 'LeadProfileChanged', data }]
          : refuse('lead/nothing-to-change', 'Name at least one fact.'),
      ),
    RecordTouch: (state, { data }, { now }) =>
      on(existing(state), ({ person: { leadId, opportunityIds }, ...stage }) => {
        const stamp = opportunityIds.length > 0 && { opportunityIds: opportunityIds.slice(-STAMPED_DEALS) };
        const touch: Fact<LeadEvent> = { type: 'TouchRecorded', data: { ...data, ...stamp } };
        // A touch that is told late, from before the lead was given back, is no new interest.
        return 'since' in stage && now >= stage.since
          ? [touch, { type: 'LeadReengaged', data: { leadId, cause: 'touch' } }]
          : [touch];
      }),
    QualifyLead: (state, { data }, context) =>
      move(state, 'QualifyLead', data, (_, flagged) => {
        const definition = deciding(data, 'mql', context);
        if (definition instanceof Refused) return definition;
        return [{ type: 'LeadQualified', data: { ...rest(data, 'external'), definition, ...flagged } }];
      }),
    HandOffLead: (state, { data }) => {
      if (state.stage === 'handed-off' && !state.person.mergedInto && state.rep !== data.rep)
        return refuse('lead/already-handed-off', `The lead is with ${state.rep}.`, 'rep', { rep: state.rep });
      return move(state, 'HandOffLead', data, (known, flagged) => {
        const count = known.person.handoffs + 1;
        const facts = { ...rest(data, 'external'), definition: carried(known, data), count, ...flagged };
        return [{ type: 'LeadHandedOff', data: facts }];
      });
    },
    AcceptLead: (state, { data, meta }) =>
      move(state, 'AcceptLead', data, (known, flagged) => {
        const rep = ('rep' in known && known.rep) || meta.actor;
        return [
          { type: 'LeadAccepted', data: { leadId: data.leadId, rep, definition: carried(known, data), ...flagged } },
        ];
      }),
    RejectLead: (state, { data }, { definition }) =>
      move(state, 'RejectLead', data, (known, flagged) => {
        const { reasons } = settled('rejection-reasons', definition('rejection-reasons')).body;
        // What another system decided is told in its own words.
        const bound = data.external === undefined;
        if (bound && !reasons.some(({ code }) => code === data.reason))
          return refuse(
            'lead/unknown-reason',
            `Choose one of ${reasons.map(({ code }) => code).join(', ')}.`,
            'reason',
          );
        if (bound && data.reason === 'other' && blank(data.note))
          return refuse('lead/note-needed', 'Say in a note what the other reason is.', 'note');
        const facts = { ...rest(data, 'external'), definition: carried(known, data), ...flagged };
        return [{ type: 'LeadRejected', data: facts }];
      }),
    RecycleLead: (state, { data }, { now }) =>
      move(state, 'RecycleLead', data, (_, flagged) =>
        data.reengageAt !== undefined && data.reengageAt <= now
          ? refuse(
              'lead/reengage-too-early',
              'The lead can be taken up again only after it was given back.',
              'reengageAt',
            )
          : [{ type: 'LeadRecycled', data: { ...rest(data, 'external'), ...flagged } }],
      ),
    SalesQualifyLead: (state, { data }, context) =>
      move(state, 'SalesQualifyLead', data, (_, flagged) => {
        const definition = deciding(data, 'sql', context);
        if (definition instanceof Refused) return definition;
        if (data.external === undefined && bant.every((answer) => blank(data[answer])))
          return refuse('lead/no-answers', 'Give at least one of budget, authority, need and timeline.', 'budget');
        return [{ type: 'LeadSalesQualified', data: { ...rest(data, 'external'), definition, ...flagged } }];
      }),
    ConvertLead: (state, { data: { leadId, opportunityId, external } }) => {
      const known = standing(state);
      if (known instanceof Refused) return known;
      const converted = known.stage === 'opportunity' || known.stage === 'customer';
      if (converted && dealOf(known.person, opportunityId)?.converted) return [];
      if (known.stage === 'opportunity' && external === undefined)
        return refuse('lead/not-sales-qualified', 'The lead is converted; give it a role in the other deal.');
      const definition = carried(known, { leadId, external });
      const data = { leadId, opportunityId, definition };
      // Only another system may know of a second deal of a lead that is converted already.
      if (known.stage === 'opportunity') return [{ type: 'LeadConverted', data: { ...data, external: true } }];
      return move(state, 'ConvertLead', { leadId, external }, (_, flagged) => [
        { type: 'LeadConverted', data: { ...data, ...flagged } },
      ]);
    },
    DisqualifyLead: (state, { data }) =>
      move(state, 'DisqualifyLead', data, (_, flagged) => [
        { type: 'LeadDisqualified', data: { ...rest(data, 'external'), ...flagged } },
      ]),
    MergeLead: (state, { data: { leadId, mergedLeadId } }) =>
      on(standing(state), ({ person }) => {
        if (mergedLeadId === leadId)
          return refuse('lead/merge-with-itself', 'Name the other lead of the person.', 'mergedLeadId');
        return person.merged.get(mergedLeadId) ? [] : [{ type: 'LeadMerged', data: { leadId, mergedLeadId } }];
      }),
    UnmergeLead: (state, { data: { leadId, mergedLeadId } }) =>
      on(existing(state), ({ person }) => {
        const merged = person.merged.get(mergedLeadId);
        if (merged === undefined)
          return refuse('lead/not-merged', 'That lead was never merged into this one.', 'mergedLeadId');
        return merged ? [{ type: 'LeadUnmerged', data: { leadId, mergedLeadId } }] : [];
      }),
    PassTime: () => [],
    FollowMerge: (state, { data: { leadId, survivorId } }) =>
      on(existing(state), ({ person }) => {
        if (person.mergedInto === survivorId) return [];
        if (person.mergedInto !== undefined) return standing(state) as Refused;
        // Two leads merged into each other at once: the one with the smaller id survives.
        if (person.merged.get(survivorId) && leadId < survivorId)
          return refuse('lead/survivor', 'This lead is the survivor of the two.', 'survivorId');
        return [{ type: 'LeadMergedInto', data: { leadId, survivorId } }];
      }),
    FollowUnmerge: (state, { data: { leadId, survivorId } }) =>
      on(existing(state), ({ person }) =>
        person.mergedInto === survivorId ? [{ type: 'LeadUnmergedFrom', data: { leadId, survivorId } }] : [],
      ),
    JoinOpportunity: (state, { data }) =>
      on(existing(state), ({ person }) => {
        const deal = dealOf(person, data.opportunityId);
        return deal?.joined && deal.role === data.role ? [] : [{ type: 'LeadJoinedOpportunity', data }];
      }),
    LeaveOpportunity: (state, { data }) =>
      on(existing(state), ({ person }) =>
        dealOf(person, data.opportunityId)?.on ? [{ type: 'LeadLeftOpportunity', data }] : [],
      ),
    NoteOpportunityWon: (state, { data }) =>
      on(existing(state), ({ stage, person }) => {
        if (stage === 'customer' || stage === 'disqualified') return [];
        const its = stage === 'opportunity' || dealOf(person, data.opportunityId)?.converted;
        return its ? [{ type: 'LeadBecameCustomer', data }] : [];
      }),
    NoteOpportunityLost: (state, { data: { leadId, opportunityId } }) =>
      on(existing(state), ({ stage, person }) => {
        if (dealOf(person, opportunityId)?.lost) return [];
        const lost: Facts = [{ type: 'LeadOpportunityLost', data: { leadId, opportunityId } }];
        const hope = person.deals.some((deal) => deal.on && !deal.lost && deal.opportunityId !== opportunityId);
        return stage === 'opportunity' && !hope
          ? [...lost, { type: 'LeadRecycled', data: { leadId, reason: 'deal-lost' } }]
          : lost;
      }),
    LinkVisitor: (state, { data }) =>
      on(existing(state), ({ person }) =>
        person.visitorIds.includes(data.visitorId) ? [] : [{ type: 'LeadVisitorLinked', data }],
      ),
    ReleaseLeadId: (state, { data }) => {
      if (state.stage === 'released') return [];
      return isKnown(state) ? alreadyCaptured(data.leadId) : [{ type: 'LeadIdReleased', data }];
    },
  },
  evolve: {
    LeadCaptured: (_, { data: { leadId } }) => ({
      stage: 'lead',
      person: { leadId, handoffs: 0, deals: [], opportunityIds: [], visitorIds: [], merged: new Map() },
    }),
    LeadProfileChanged: (state) => state,
    TouchRecorded: (state) => state,
    LeadQualified: (state, { data: { definition } }) => at(state, { stage: 'mql', definition }),
    LeadHandedOff: (state, { data: { definition, rep, count } }) =>
      withPerson(at(state, { stage: 'handed-off', definition, rep }), (person) => ({ ...person, handoffs: count })),
    LeadAccepted: (state, { data: { definition, rep } }) => at(state, { stage: 'sal', definition, rep }),
    LeadRejected: (state, { occurredAt }) => at(state, { stage: 'rejected', since: occurredAt }),
    LeadRecycled: (state, { data: { reengageAt }, occurredAt }) =>
      at(state, { stage: 'recycled', since: occurredAt, ...(reengageAt !== undefined && { reengageAt }) }),
    LeadSalesQualified: (state, { data: { definition } }) =>
      at(state, { stage: 'sql', definition, ...('rep' in state && { rep: state.rep }) }),
    LeadConverted: (state, { data: { opportunityId } }) =>
      withPerson(at(state, { stage: 'opportunity' }), (person) =>
        withDeal(person, opportunityId, { on: true, converted: true }),
      ),
    LeadOpportunityLost: (state, { data: { opportunityId } }) =>
      withPerson(state, (person) => withDeal(person, opportunityId, { lost: true })),
    LeadBecameCustomer: (state) => at(state, { stage: 'customer' }),
    LeadReengaged: (state) => at(state, { stage: 'lead' }),
    LeadDisqualified: (state) => at(state, { stage: 'disqualified' }),
    LeadMerged: (state, { data: { mergedLeadId } }) => withMerged(state, mergedLeadId, true),
    LeadUnmerged: (state, { data: { mergedLeadId } }) => withMerged(state, mergedLeadId, false),
    LeadMergedInto: (state, { data: { survivorId } }) =>
      withPerson(state, (person) => ({ ...person, mergedInto: survivorId })),
    LeadUnmergedFrom: (state) => withPerson(state, (person) => rest(person, 'mergedInto') as Person),
    LeadJoinedOpportunity: (state, { data: { opportunityId, role } }) =>
      withPerson(state, (person) => withDeal(person, opportunityId, { on: true, joined: true, role })),
    LeadLeftOpportunity: (state, { data: { opportunityId } }) =>
      withPerson(state, (person) => withDeal(person, opportunityId, { on: false, joined: false })),
    LeadVisitorLinked: (state, { data: { visitorId } }) =>
      withPerson(state, (person) => ({ ...person, visitorIds: [...person.visitorIds, visitorId] })),
    LeadIdReleased: () => ({ stage: 'released' }),
  },
  due: (state) => (state.stage === 'recycled' ? state.reengageAt : undefined),
  pass: (state) =>
    isKnown(state) ? [{ type: 'LeadReengaged', data: { leadId: state.person.leadId, cause: 'date' } }] : [],
});

const alreadyCaptured = (leadId: string): Refused =>
  refuse('lead/already-captured', 'This person is known already.', 'leadId', { leadId });

const withMerged = (state: Lead, leadId: string, merged: boolean): Lead =>
  withPerson(state, (person) => ({ ...person, merged: new Map(person.merged).set(leadId, merged) }));
