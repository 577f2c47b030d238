import { policy, send, chunksOf, type DatedEvent, type Look, type Reaction, type StoredEvent } from '@baton/kernel';
import { profileFields } from '@baton/definitions';
import { leadDecider } from '../write/lead/lead.decider';
import { ToLead, type LeadCommand, type LeadEvent } from '../write/lead/lead.events';
import { isCapturedLead, stageOf, touchesOf, type Lead, type Stage } from '../write/lead/lead.model';
import { profileOf } from '../write/lead/profile.model';
import type { LeadTouch } from '../write/lead/merged-facts.events';
import { sharedStageOf, pathOf } from '../write/lead/merged-facts.rules';
import { ALL_MERGES, ToMerges, type MergesEvent } from '../write/merges/merges.events';

/**
 * Completes a merge: reserved, recorded by the survivor, recorded by the merged lead. And an unmerge: recorded by the
 * survivor, recorded by the merged lead, released. So a lead only refers to a merge while it is reserved.
 */
export const followMerges = policy<LeadEvent | MergesEvent>({
  name: 'follow-merges',
  version: 1,
  from: 'start',
  on: {
    MergeReserved: ({ data: { leadId, mergedLeadId }, revision: mergeNumber }) => [
      send(ToLead, leadId, { type: 'RecordMerge', data: { leadId, mergedLeadId, mergeNumber } }),
    ],
    LeadMerged: ({ data: { leadId: survivorId, mergedLeadId: leadId, mergeNumber } }) => [
      send(ToLead, leadId, { type: 'FollowMerge', data: { leadId, survivorId, mergeNumber } }),
    ],
    LeadUnmerged: ({ data: { leadId: survivorId, mergedLeadId: leadId, mergeNumber } }) => [
      send(ToLead, leadId, { type: 'FollowUnmerge', data: { leadId, survivorId, mergeNumber } }),
    ],
    LeadUnmergedFrom: ({ data: { leadId: mergedLeadId, mergeNumber } }) => [
      send(ToMerges, ALL_MERGES, { type: 'ReleaseMerge', data: { mergedLeadId, mergeNumber } }),
    ],
  },
});

const profileNames = Object.keys(profileFields);
type SharedFacts = Omit<Extract<LeadCommand, { type: 'AddMergedFacts' }>['data'], 'leadId'>;

const addMergedFacts = (
  leadId: string,
  { touches, profile, cleared, stage, opportunityIds, visitorIds, ...from }: SharedFacts,
): readonly Reaction[] =>
  (touches.length > 0 ? chunksOf(touches) : [[]]).map((slice, index) => {
    // The stage comes with the first slice, so that touches of a customer do not qualify the survivor.
    const facts = { ...(profile && { profile }), ...(cleared && { cleared }), ...(stage && { stage }) };
    const ids = { ...(opportunityIds && { opportunityIds }), ...(visitorIds && { visitorIds }) };
    const once = index === 0 ? { ...facts, ...ids } : {};
    return send(ToLead, leadId, { type: 'AddMergedFacts', data: { leadId, ...from, touches: slice, ...once } });
  });
const copyStage = (
  { leadId, survivorId }: { readonly leadId: string; readonly survivorId?: string },
  stage: Stage,
): readonly Reaction[] =>
  survivorId === undefined
    ? []
    : addMergedFacts(survivorId, { mergedLeadId: leadId, touches: [], stage: sharedStageOf(stage) });
const removeMergedFacts = (leadId: string, mergedLeadId: string, through: readonly string[]): readonly Reaction[] => [
  send(ToLead, leadId, { type: 'RemoveMergedFacts', data: { leadId, mergedLeadId, through: [...through] } }),
];
const idsOf = ({
  opportunityIds,
  visitorIds,
}: {
  readonly opportunityIds?: readonly string[] | undefined;
  readonly visitorIds?: readonly string[] | undefined;
}): Pick<SharedFacts, 'opportunityIds' | 'visitorIds'> => ({
  ...(opportunityIds && { opportunityIds: [...opportunityIds] }),
  ...(visitorIds && { visitorIds: [...visitorIds] }),
});
const stateOf = (stream: readonly StoredEvent<LeadEvent>[]): Lead =>
  stream.reduce((known, event: DatedEvent<LeadEvent>) => leadDecider.evolve(known, event), leadDecider.initialState());
/** Copies the current deals and visitors of a merged lead to its survivor. */
const copyIds = async (
  { leadId, survivorId }: { readonly leadId: string; readonly survivorId?: string },
  look: Look,
): Promise<readonly Reaction[]> => {
  if (survivorId === undefined) return [];
  const state = stateOf(await look(leadDecider, leadId));
  return isCapturedLead(state)
    ? addMergedFacts(survivorId, { mergedLeadId: leadId, touches: [], ...idsOf(state.person) })
    : [];
};
/** Copies changed and cleared facts of a merged lead to its survivor. */
const copyFacts = async (
  { leadId, survivorId }: { readonly leadId: string; readonly survivorId?: string },
  names: readonly string[],
  look: Look,
): Promise<readonly Reaction[]> => {
  const concerned = profileNames.filter((name) => names.includes(name));
  if (survivorId === undefined || concerned.length === 0) return [];
  const known = profileOf(await look(leadDecider, leadId));
  const profile = Object.fromEntries(Object.entries(known).filter(([name]) => concerned.includes(name)));
  const cleared = concerned.filter((name) => !(name in profile));
  return addMergedFacts(survivorId, {
    ...{ mergedLeadId: leadId, touches: [] },
    ...(Object.keys(profile).length > 0 && { profile: profile as SharedFacts['profile'] }),
    ...(cleared.length > 0 && { cleared }),
  });
};
/** All touches in a lead’s stream by id, its own and those of merged leads, in the order of the stream. */
const touchesSeen = (stream: readonly StoredEvent<LeadEvent>[]): ReadonlyMap<string, LeadTouch> =>
  new Map(
    stream
      .flatMap((event) => (event.type === 'MergedFactsAdded' ? event.data.touches : touchesOf(event)))
      .map((touch) => [touch.id, touch]),
  );
/** Copies new touches of a merged lead to its survivor. */
const copyTouches = (event: StoredEvent<Extract<LeadEvent, { type: 'TouchRecorded' | 'LeadVisitsJoined' }>>) => {
  const { leadId, survivorId } = event.data;
  return survivorId === undefined
    ? []
    : addMergedFacts(survivorId, { mergedLeadId: leadId, touches: [...touchesOf(event)] });
};

/**
 * Copies to the survivor everything recorded on a merged lead: what it had at the merge (each fact with the lead that
 * it was recorded on), and later events.
 */
export const copyMergedFacts = policy<LeadEvent>({
  name: 'share-merged-facts',
  version: 1,
  from: 'start',
  on: {
    LeadMergedInto: async ({ data: { leadId, survivorId } }, look) => {
      const stream = await look(leadDecider, leadId);
      const state = stateOf(stream);
      if (!isCapturedLead(state)) return [];
      const { touches, mergedFacts: mergedFacts, profile } = state.person;
      const mergedLeads = mergedFacts?.mergedLeads ?? [];
      const seen = touchesSeen(stream);
      const touchesWhere = (holds: (id: string) => boolean): LeadTouch[] =>
        Array.from({ length: touches.length }, (_, index) => touches.at(index)!.id)
          .filter(holds)
          .map((id) => seen.get(id)!);
      return [
        ...addMergedFacts(survivorId, {
          mergedLeadId: leadId,
          touches: touchesWhere((id) => !mergedLeads.some(({ touchIds }) => touchIds.has(id))),
          profile: (mergedFacts ? mergedFacts.unmerged.profile : profile) as SharedFacts['profile'],
          stage: sharedStageOf(mergedFacts ? mergedFacts.own : stageOf(state)),
          ...idsOf(state.person),
        }),
        ...mergedLeads.flatMap((each) =>
          addMergedFacts(survivorId, {
            ...{ mergedLeadId: leadId, through: [...each.path], profile: each.profile as SharedFacts['profile'] },
            touches: touchesWhere((id) => each.touchIds.has(id)),
            ...idsOf(each),
            ...(each.stage && { stage: sharedStageOf(each.stage) }),
          }),
        ),
      ];
    },
    TouchRecorded: copyTouches,
    LeadVisitsJoined: copyTouches,
    LeadRecycled: ({ data, occurredAt: since }) =>
      copyStage(data, {
        ...{ stage: 'recycled', since, from: since },
        ...(data.reengageAt !== undefined && { reengageAt: data.reengageAt }),
      }),
    LeadReengaged: ({ data, occurredAt: from }) => copyStage(data, { stage: 'lead', from }),
    LeadBecameCustomer: ({ data, occurredAt: from }) => copyStage(data, { stage: 'customer', from }),
    LeadReturnedToOpportunity: ({ data, occurredAt: from }) => copyStage(data, { stage: 'opportunity', from }),
    LeadProfileChanged: ({ data }, look) => copyFacts(data, Object.keys(data), look),
    LeadFactsCleared: ({ data }, look) => copyFacts(data, data.facts, look),
    LeadJoinedOpportunity: (event, look) => copyIds(event.data, look),
    LeadLeftOpportunity: (event, look) => copyIds(event.data, look),
    LeadVisitorLinked: (event, look) => copyIds(event.data, look),
    MergedFactsAdded: ({
      data: { leadId, survivorId, touches, profile, cleared, stage, opportunityIds, visitorIds, ...from },
    }) =>
      survivorId === undefined
        ? []
        : addMergedFacts(survivorId, {
            ...{ mergedLeadId: leadId, through: pathOf(from), touches },
            ...idsOf({ opportunityIds, visitorIds }),
            ...(profile && { profile }),
            ...(cleared && { cleared }),
            ...(stage && { stage }),
          }),
    MergedFactsRemoved: ({ data: { leadId, survivorId, ...from } }) =>
      survivorId === undefined ? [] : removeMergedFacts(survivorId, leadId, pathOf(from)),
    LeadUnmerged: ({ data: { leadId, mergedLeadId, survivorId } }) =>
      survivorId === undefined ? [] : removeMergedFacts(survivorId, leadId, [mergedLeadId]),
  },
});
