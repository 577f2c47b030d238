import {
  projection,
  valueAt,
  type Instant,
  type Position,
  type ProjectionShape,
  type StoredEvent,
} from '@baton/kernel';
import {
  profileFields,
  type CriteriaFacts,
  type ProfileField,
  type TouchFact,
  type TouchPattern,
} from '@baton/definitions';
import type { LeadEvent } from '@baton/leads';
import { noOutcome, outcomeFolds, type Outcome } from '../lift/outcomes.rules';

/** A touch as scores see it. */
export interface ScoredTouch extends Partial<Record<keyof TouchPattern, string>> {
  readonly at: Instant;
  /** Of a touch of a merged lead: the chain of merges that it came through, and the event that added it. */
  readonly path?: readonly string[];
  readonly added?: Position;
}
/** What a lead is like, and what became of it. */
export interface ScoredLead extends Outcome {
  /** In the order in which they were recorded. */
  readonly touches: readonly ScoredTouch[];
  /** The facts of each merged lead, in the order of their merges. */
  readonly parts: readonly { readonly path: readonly string[]; readonly profile: CriteriaFacts['profile'] }[];
  /** Merges that were undone: touches that were added before through this path do not count. */
  readonly removals: readonly { readonly path: readonly string[]; readonly at: Position }[];
}

const patternFields = ['action', 'channel', 'content', 'page', 'campaign'] as const;
type Touched = Readonly<Partial<Record<(typeof patternFields)[number], string>>>;
const touchOf = (at: Instant, touch: Touched): ScoredTouch => ({
  at,
  ...Object.fromEntries(patternFields.flatMap((name) => (touch[name] === undefined ? [] : [[name, touch[name]]]))),
});

type FactsAdded = Extract<LeadEvent, { type: 'MergedFactsAdded' }>;
/** The touches in an event, of the lead itself or of a merged one. */
const touchesIn = (event: StoredEvent<LeadEvent>): readonly ScoredTouch[] => {
  if (event.type === 'TouchRecorded') return [touchOf(event.occurredAt, event.data)];
  if (event.type === 'LeadVisitsJoined') return event.data.visits.map((visit) => touchOf(visit.at, visit));
  if (event.type !== 'MergedFactsAdded') return [];
  const merged = { path: pathOf(event.data), added: event.position };
  return event.data.touches.map((touch) => ({ ...touchOf(touch.at, touch), ...merged }));
};
const pathOf = ({
  mergedLeadId,
  through = [],
}: {
  readonly mergedLeadId: string;
  readonly through?: readonly string[];
}) => [mergedLeadId, ...through];
const startsWith = (path: readonly string[], start: readonly string[]): boolean =>
  start.every((id, index) => path[index] === id);

const withTouches = (doc: ScoredLead, event: StoredEvent<LeadEvent>): ScoredLead => {
  const touches = touchesIn(event);
  return touches.length === 0 ? doc : { ...doc, touches: [...doc.touches, ...touches] };
};
const withPart = (doc: ScoredLead, { data }: StoredEvent<FactsAdded>): ScoredLead => {
  const path = pathOf(data);
  const isIt = (part: ScoredLead['parts'][number]) => part.path.length === path.length && startsWith(part.path, path);
  const before = doc.parts.find(isIt);
  const kept = Object.entries(before?.profile ?? {}).filter(([name]) => !data.cleared?.includes(name));
  const part = { path, profile: { ...Object.fromEntries(kept), ...data.profile } };
  return { ...doc, parts: before ? doc.parts.map((one) => (isIt(one) ? part : one)) : [...doc.parts, part] };
};
const withoutParts = (doc: ScoredLead, path: readonly string[], at: Position): ScoredLead => {
  if (!doc.parts.some((part) => startsWith(part.path, path))) return doc;
  const parts = doc.parts.filter((part) => !startsWith(part.path, path));
  return { ...doc, parts, removals: [...doc.removals, { path, at }] };
};

const mergeFolds: ProjectionShape<ScoredLead, LeadEvent>['on'] = {
  MergedFactsAdded: withPart,
  MergedFactsRemoved: (doc, { data, position }) => withoutParts(doc, pathOf(data), position),
  LeadUnmerged: (doc, { data, position }) => withoutParts(doc, [data.mergedLeadId], position),
};
type Fold<D> = (doc: D, event: StoredEvent<LeadEvent>) => D;
const foldOf = (type: keyof typeof outcomeFolds) => {
  const [ofOutcome, ofMerge] = [outcomeFolds[type] as Fold<Outcome>, mergeFolds[type] as Fold<ScoredLead> | undefined];
  return (doc: ScoredLead, event: StoredEvent<LeadEvent>): ScoredLead => {
    const lead = withTouches(ofOutcome(doc, event) as ScoredLead, event); // it keeps the other fields
    return ofMerge ? ofMerge(lead, event) : lead;
  };
};

/**
 * What scores of leads and their success are computed from: one document per lead. A model may count a touch of any age, so
 * none is dropped; many are kept in blocks. Contains no personal data.
 */
export const scoreFacts = projection<ScoredLead, LeadEvent>({
  name: 'score-facts',
  version: 3,
  columns: {
    ...{ outcome: 'text', capturedAt: 'instant', mergedInto: 'text' },
    ...{ industry: 'text', country: 'text', region: 'text', source: 'text', size: 'text' },
  },
  indexed: ['outcome', 'capturedAt'],
  // A touch has no id here: the end of this text is its day and minute.
  longLists: { touches: ({ at }) => at.slice(0, 16) },
  keys: ({ data }) => [data.leadId],
  initial: (leadId) => ({ ...noOutcome(leadId), touches: [], parts: [], removals: [] }),
  on: Object.fromEntries(
    (Object.keys(outcomeFolds) as (keyof typeof outcomeFolds)[]).map((type) => [type, foldOf(type)]),
  ),
});

const profileNames = Object.keys(profileFields) as readonly ProfileField[];
/** What criteria compare: the lead’s own facts at an instant; merged leads fill those that are unknown. */
export const profileAt = (
  { facts, parts }: Pick<ScoredLead, 'facts' | 'parts'>,
  at: Instant,
): CriteriaFacts['profile'] => {
  const own = profileNames.flatMap((name) => {
    const value = valueAt(facts[name] ?? [], at);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...parts.reduceRight<CriteriaFacts['profile']>((known, { profile }) => ({ ...known, ...profile }), {}),
    ...Object.fromEntries(own),
  };
};

/** Whether a touch counts: one that came with a merge does until that is undone. */
export const isCounted = ({ path, added = '' }: ScoredTouch, removals: ScoredLead['removals']): boolean =>
  path === undefined || !removals.some((removal) => removal.at > added && startsWith(path, removal.path));

/** The facts of a lead at an instant, as its decider has them; undefined before it was captured. */
export const scoreFactsAt = (lead: ScoredLead, at: Instant): CriteriaFacts | undefined => {
  if (lead.capturedAt === undefined || lead.capturedAt > at) return undefined;
  const touches = lead.touches
    .filter((touch) => isCounted(touch, lead.removals))
    .map(({ at: when, action, channel, content, page, campaign }): TouchFact => ({
      ...{ id: '', at: when, action, channel, content, page, campaign },
    }));
  return { profile: profileAt(lead, at), touches };
};
