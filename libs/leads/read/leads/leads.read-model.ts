import {
  emailTerms,
  enumeration,
  field,
  objectFields,
  phoneTerms,
  readModel,
  roles,
  wordTerms,
  type DocumentOf,
  type ErasureEvent,
  type Instant,
  type ObjectOf,
  type Sealed,
  type StoredEvent,
  type Team,
} from '@baton/kernel';
import { profileFields, type ProfileField } from '@baton/definitions';
import type { FeedbackEvent } from '../../write/feedback/feedback.events';
import { personalFacts, type LeadEvent, type LeadFact } from '../../write/lead/lead.events';
import { isLateMove } from '../../write/lead/late-moves.rules';
import { convertedFrom, touchesOf, type StageName } from '../../write/lead/lead.model';
import { startsWith, pathOf, samePath } from '../../write/lead/merged-facts.rules';

export const leadStages = enumeration<StageName>(
  'LeadStage',
  'The lifecycle stage of a lead, or the disposition that ended it.',
  {
    lead: 'Captured, and not qualified yet.',
    mql: 'Marketing-qualified under the agreed definition.',
    'handed-off': 'Handed to a rep who has not answered yet.',
    sal: 'Accepted by the rep.',
    sql: 'Qualified by sales.',
    opportunity: 'On an open deal.',
    customer: 'A deal was won.',
    rejected: 'Rejected by the rep, before or after accepting it.',
    recycled: 'Returned to marketing for nurturing.',
    disqualified: 'Disqualified for good.',
  },
);

const moveFields = {
  stage: field.enum(leadStages, 'The new stage.'),
  at: field.instant('When it happened.'),
  by: field.text('The user or system that caused it.'),
  definition: field.text('The definition and version that decided, `mql@3`.', { optional: true }),
  rep: field.text('The salesperson.', { optional: true }),
  reason: field.text('The reason.', { optional: true }),
  note: field.personal('The comment of the rep.', { optional: true }),
  external: field.flag('True if another system made the decision.'),
} as const;
/** One move of a person through the lifecycle. */
export type StageMove = ObjectOf<typeof moveFields>;

const optional = { optional: true } as const;
const filtered = { optional: true, filter: true } as const;
const dated = { optional: true, filter: true, sort: true } as const;
const fields = {
  leadId: field.id('The lead’s id.', { filter: true }),
  email: field.personal('E-mail address.', { optional: true, search: emailTerms }),
  name: field.personal('Full name.', { optional: true, search: wordTerms }),
  phone: field.personal('Phone number.', { optional: true, search: phoneTerms }),
  interests: field.personal('What the person says to be interested in.', optional),
  problems: field.personal('What the person wants solved.', optional),
  statement: field.personal('The statement of whoever last qualified the lead as an MQL.', {
    ...{ optional: true, hidden: true },
  }),
  title: field.text('Job title.', filtered),
  company: field.text('Company the person works for.', { ...dated, anySpelling: true }),
  industry: field.text('Industry of the company.', filtered),
  employees: field.integer('Number of employees of the company.', dated),
  country: field.text('Country.', filtered),
  region: field.text('Region or state.', filtered),
  externalId: field.text('The id of the lead in another system, `crm:00Q5e`.', filtered),
  source: field.text('Where the lead came from.', filtered),
  owner: field.text('The owner of the lead.', filtered),
  capturedAt: field.instant('When the lead was captured.', dated),
  erasedAt: field.instant('When the person was erased: names and addresses are gone, all else still counts.', dated),
  stage: field.enum(leadStages, 'The current stage, or the disposition that ended the last one.', { filter: true }),
  stageSince: field.instant('When it reached that stage.', dated),
  rep: field.text('The rep it was last handed to.', filtered),
  handoffs: field.integer('Number of handoffs.', { filter: true }),
  reengageAt: field.instant('When a recycled lead is re-engaged automatically.', dated),
  touches: field.object(
    objectFields('TouchCounts', 'Number of touches by team.', {
      marketing: field.integer('Touches by marketing.'),
      sales: field.integer('Touches by sales.'),
    }),
    'Number of touches by team; those of merged leads are included.',
  ),
  firstTouchAt: field.instant('When the first touch took place.', dated),
  lastTouchAt: field.instant('When the latest touch took place.', dated),
  opportunityIds: field.id('The deals the lead has a role in.', { list: true, entity: 'Opportunity' }),
  visitorIds: field.id('The anonymous visitors that were identified as this lead.', { list: true }),
  mergedLeadIds: field.id('Leads that were merged into this one.', { list: true, entity: 'Lead' }),
  mergedInto: field.id('The survivor that this lead is merged into.', {
    ...{ optional: true, column: true, entity: 'Lead', entityName: 'survivor' },
  }),
  history: field.object(
    objectFields('StageMove', 'One change of the lifecycle stage of a lead.', moveFields),
    'The last 100 stage changes, oldest first.',
    { list: true },
  ),
} as const;

/** The current facts about a lead. Names, addresses and free text are sealed with the lead’s key. */
export type LeadDocument = DocumentOf<typeof fields> & {
  /** The lead’s own facts and those of each merged lead; the fields above combine them. */
  readonly own: Contribution;
  readonly parts: readonly (Contribution & { readonly path: readonly string[] })[];
  /** For each fact changed after the capture, the time of the change. */
  readonly since: Readonly<Partial<Record<LeadFact, Instant>>>;
  /** What reps wrote beside their feedback, by feedback: personal. */
  readonly feedbackNotes?: Readonly<Record<string, Sealed>>;
};

const facts = Object.keys(profileFields) as readonly ProfileField[];
type Facts = Partial<Pick<LeadDocument, ProfileField>>;
/** The facts of one of the merged leads. */
interface Contribution {
  readonly touches: Readonly<Record<Team, number>>;
  readonly firstTouchAt?: Instant;
  readonly lastTouchAt?: Instant;
  readonly opportunityIds: readonly string[];
  readonly visitorIds: readonly string[];
  readonly facts: Facts;
}
const NO_CONTRIBUTION: Contribution = {
  touches: { marketing: 0, sales: 0 },
  opportunityIds: [],
  visitorIds: [],
  facts: {},
};

const MAX_HISTORY = 100;

type MoveDetails = Partial<Omit<StageMove, 'stage' | 'at' | 'by'>>;
/** True for a move by another system that was recorded after a later one: it only joins the history. */
const isLate = ({ stage, stageSince = '', history }: LeadDocument, event: StoredEvent): boolean => {
  const before = (move: StageMove): boolean => move.stage !== 'lead' && move.at <= stageSince;
  const since = stage === 'lead' ? history.findLast(before)?.at : stageSince;
  return isLateMove(event, { stage, since });
};
const withMove = (doc: LeadDocument, event: StoredEvent, stage: StageName, more: MoveDetails = {}): LeadDocument => {
  const move = { stage, at: event.occurredAt, by: event.meta.actor, external: false, ...more };
  if (isLate(doc, event)) {
    const place = doc.history.findLastIndex(({ at }) => at <= move.at) + 1;
    return { ...doc, history: doc.history.toSpliced(place, 0, move).slice(-MAX_HISTORY) };
  }
  const { reengageAt: _, ...rest } = doc;
  return { ...rest, stage, stageSince: event.occurredAt, history: [...doc.history.slice(1 - MAX_HISTORY), move] };
};
type Becomes = NonNullable<Extract<LeadEvent, { type: 'MergedFactsAdded' }>['data']['becomes']>;
const withExternal = (external: boolean | undefined): MoveDetails => (external ? { external } : {});
const withId = (ids: readonly string[], id: string): readonly string[] => (ids.includes(id) ? ids : [...ids, id]);
const withoutId = (ids: readonly string[], id: string): readonly string[] => ids.filter((each) => each !== id);
const earlier = (a: Instant | undefined, b: Instant): Instant => (a !== undefined && a < b ? a : b);
const later = (a: Instant | undefined, b: Instant): Instant => (a !== undefined && a > b ? a : b);
/** The given facts for which no later value is known. Facts from the capture count from the capture on. */
const latestFacts = (doc: LeadDocument, names: readonly LeadFact[], at: Instant): readonly LeadFact[] =>
  names.filter((name) => {
    const known = name in doc.own.facts || (personalNames.includes(name) && name in doc);
    return at >= (doc.since[name] ?? (known ? (doc.capturedAt ?? '') : ''));
  });
const personalNames: readonly string[] = personalFacts;
const factTimes = (doc: LeadDocument, names: readonly LeadFact[], at: Instant): LeadDocument['since'] => ({
  ...doc.since,
  ...Object.fromEntries(names.map((name) => [name, at])),
});
const without = <D extends object>(doc: D, names: readonly string[]): D =>
  Object.fromEntries(Object.entries(doc).filter(([name]) => !names.includes(name))) as D;
const withNote = (doc: LeadDocument, { feedbackId, note }: { feedbackId: string; note?: Sealed }): LeadDocument =>
  note === undefined ? doc : { ...doc, feedbackNotes: { ...doc.feedbackNotes, [feedbackId]: note } };

const factsIn = (said: Facts): Facts =>
  Object.fromEntries(facts.flatMap((fact) => (said[fact] === undefined ? [] : [[fact, said[fact]]])));
/** The touch counts and dates after more touches. */
const withTouches = (
  { touches, firstTouchAt, lastTouchAt }: Contribution,
  more: readonly { readonly team: Team; readonly at: Instant }[],
): Pick<Contribution, 'touches' | 'firstTouchAt' | 'lastTouchAt'> =>
  more.reduce<ReturnType<typeof withTouches>>(
    (known, { team, at }) => ({
      touches: { ...known.touches, [team]: known.touches[team] + 1 },
      firstTouchAt: earlier(known.firstTouchAt, at),
      lastTouchAt: later(known.lastTouchAt, at),
    }),
    { touches, ...(firstTouchAt && { firstTouchAt }), ...(lastTouchAt && { lastTouchAt }) },
  );

/** Combines the lead’s own facts with those of its merged leads; own facts take precedence. */
const withMergedParts = ({ firstTouchAt: _, lastTouchAt: __, ...doc }: LeadDocument): LeadDocument => {
  const all = [doc.own, ...doc.parts];
  const none: Partial<LeadDocument> = Object.fromEntries(facts.map((fact) => [fact, undefined]));
  const known = all.reduceRight<Facts>((before, one) => ({ ...before, ...one.facts }), {});
  const shown = Object.fromEntries(
    Object.entries({ ...doc, ...none, ...known }).filter(([, value]) => value !== undefined),
  ) as unknown as LeadDocument;
  return all.reduce<LeadDocument>(
    (one, { touches, firstTouchAt, lastTouchAt, opportunityIds, visitorIds }) => ({
      ...one,
      touches: {
        marketing: one.touches.marketing + touches.marketing,
        sales: one.touches.sales + touches.sales,
      },
      opportunityIds: opportunityIds.reduce(withId, one.opportunityIds),
      visitorIds: visitorIds.reduce(withId, one.visitorIds),
      ...(firstTouchAt !== undefined && { firstTouchAt: earlier(one.firstTouchAt, firstTouchAt) }),
      ...(lastTouchAt !== undefined && { lastTouchAt: later(one.lastTouchAt, lastTouchAt) }),
    }),
    { ...shown, touches: NO_CONTRIBUTION.touches, opportunityIds: [], visitorIds: [] },
  );
};
const withOwn = (doc: LeadDocument, news: Partial<Contribution>): LeadDocument => {
  const next = { ...doc, own: { ...doc.own, ...news } };
  if (doc.parts.length > 0) return withMergedParts(next);
  const { facts: _, ...shown } = news; // facts of its own are shown already
  return { ...next, ...shown };
};

type MergedFactsData = Extract<LeadEvent, { type: 'MergedFactsAdded' }>['data'];
const withPart = (doc: LeadDocument, data: MergedFactsData): LeadDocument => {
  const path = pathOf(data);
  const before = doc.parts.find((part) => samePath(part.path, path));
  const known = before ?? NO_CONTRIBUTION;
  const part = {
    path,
    ...withTouches(known, data.touches),
    opportunityIds: data.opportunityIds ?? known.opportunityIds,
    visitorIds: data.visitorIds ?? known.visitorIds,
    facts: { ...without(known.facts, data.cleared ?? []), ...factsIn(data.profile ?? {}) },
  };
  return withMergedParts({
    ...doc,
    parts: before ? doc.parts.map((one) => (one === before ? part : one)) : [...doc.parts, part],
  });
};
const withoutPart = (doc: LeadDocument, path: readonly string[]): LeadDocument =>
  withMergedParts({ ...doc, parts: doc.parts.filter((part) => !startsWith(part.path, path)) });

/** The stage after facts of a merged lead were added or removed. */
const withMergedStage = (doc: LeadDocument, event: StoredEvent, becomes: Becomes | undefined): LeadDocument => {
  if (!becomes) return doc;
  const { stage, definition, rep, reengageAt, from = event.occurredAt } = becomes;
  const { rep: _, ...rest } = withMove(doc, event, stage, {
    reason: event.type === 'MergedFactsAdded' ? 'merge' : 'unmerge',
    ...(definition !== undefined && { definition }),
    ...(rep !== undefined && { rep }),
  });
  return {
    ...rest,
    stageSince: from,
    ...(rep !== undefined && { rep }),
    ...(reengageAt !== undefined && { reengageAt }),
  };
};

/**
 * One document per person. E-mail, name and phone are found by tokens, as a whole or by word; nothing is sorted or grouped
 * by what is personal.
 */
export const leads = readModel<LeadDocument, LeadEvent | FeedbackEvent | ErasureEvent>({
  name: 'leads',
  version: 13,
  personal: true,
  node: 'Lead',
  description: 'A person we may sell to.',
  key: 'leadId',
  fields,
  one: {
    name: 'lead',
    description:
      'One lead by id; null if there is none. The touches of a survivor include those of the leads merged into it.',
  },
  lists: {
    leads: {
      description: 'Leads, newest first. Merged leads are left out of the list and the count.',
      orderBy: '-capturedAt',
      where: { mergedInto: { eq: null }, capturedAt: { ne: null } },
    },
  },
  allow: roles,
  questions: [
    { where: ['mergedInto'], orderBy: '-capturedAt' },
    { where: ['mergedInto', 'stage'], orderBy: '-capturedAt' },
    { where: ['mergedInto', 'owner'], orderBy: '-capturedAt' },
    { where: ['mergedInto', 'rep'], orderBy: '-lastTouchAt' },
    { where: ['mergedInto'], orderBy: 'companyKey' },
    { where: ['mergedInto'], orderBy: 'externalId' },
  ],
  keys: ({ data }) => (data.leadId === undefined ? [] : [data.leadId]), // feedback need not be about a person
  initial: { stage: 'lead', touches: NO_CONTRIBUTION.touches, own: NO_CONTRIBUTION, parts: [], since: {} },
  on: {
    LeadCaptured: (doc, event) => {
      const { personalFacts: _, ...said } = event.data;
      return withOwn(
        { ...withMove(doc, event, 'lead'), ...said, capturedAt: event.occurredAt },
        { facts: factsIn(said) },
      );
    },
    LeadProfileChanged: (doc, { data: { leadId: _, personalFacts: __, survivorId: ___, ...said }, occurredAt }) => {
      const names = latestFacts(doc, Object.keys(said) as LeadFact[], occurredAt);
      const stands = Object.fromEntries(names.map((name) => [name, said[name]])) as Partial<LeadDocument>;
      const facts = { ...doc.own.facts, ...factsIn(stands) };
      return withOwn({ ...doc, ...stands, since: factTimes(doc, names, occurredAt) }, { facts });
    },
    LeadFactsCleared: (doc, { data, occurredAt }) => {
      const names = latestFacts(doc, data.facts, occurredAt);
      const facts = without(doc.own.facts, names);
      return withOwn({ ...without(doc, names), since: factTimes(doc, names, occurredAt) }, { facts });
    },
    TouchRecorded: (doc, event) => withOwn(doc, withTouches(doc.own, touchesOf(event))),
    LeadVisitsJoined: (doc, event) => withOwn(doc, withTouches(doc.own, touchesOf(event))),
    LeadQualified: (doc, event) => {
      const { definition, statement, external } = event.data;
      const qualified = withMove(doc, event, 'mql', { definition, ...withExternal(external) });
      if (isLate(doc, event)) return qualified;
      const { statement: _, ...rest } = qualified;
      return statement === undefined ? rest : { ...rest, statement };
    },
    LeadHandedOff: (doc, event) => {
      const { definition, rep, count, external } = event.data;
      const move = { definition, rep, ...withExternal(external) };
      const handed = { ...withMove(doc, event, 'handed-off', move), handoffs: Math.max(count, doc.handoffs) };
      return isLate(doc, event) ? handed : { ...handed, rep };
    },
    LeadAccepted: (doc, event) => {
      const { definition, rep, external } = event.data;
      const accepted = withMove(doc, event, 'sal', { definition, rep, ...withExternal(external) });
      return isLate(doc, event) ? accepted : { ...accepted, rep };
    },
    LeadRejected: (doc, event) => {
      const { definition, reason, note, external } = event.data;
      const words = note === undefined ? {} : { note };
      return withMove(doc, event, 'rejected', { definition, reason, ...words, ...withExternal(external) });
    },
    LeadRecycled: (doc, event) => {
      const { reason, reengageAt, external } = event.data;
      const recycled = withMove(doc, event, 'recycled', { reason, ...withExternal(external) });
      return reengageAt === undefined || isLate(doc, event) ? recycled : { ...recycled, reengageAt };
    },
    LeadSalesQualified: (doc, event) => {
      const { definition, external } = event.data;
      return withMove(doc, event, 'sql', { definition, ...withExternal(external) });
    },
    LeadConverted: (doc, event) => {
      const { opportunityId, definition, external } = event.data;
      const move = { ...(definition !== undefined && { definition }), ...withExternal(external) };
      const opportunityIds = withId(doc.own.opportunityIds, opportunityId);
      return withOwn(withMove(doc, event, convertedFrom(doc.stage), move), { opportunityIds });
    },
    LeadBecameCustomer: (doc, event) => withMove(doc, event, 'customer'),
    LeadReturnedToOpportunity: (doc, event) => withMove(doc, event, 'opportunity'),
    LeadReengaged: (doc, event) => withMove(doc, event, 'lead', { reason: event.data.cause }),
    LeadDisqualified: (doc, event) => {
      const { reason, external } = event.data;
      return withMove(doc, event, 'disqualified', { reason, ...withExternal(external) });
    },
    MergedFactsAdded: (doc, event) => withPart(withMergedStage(doc, event, event.data.becomes), event.data),
    MergedFactsRemoved: (doc, event) =>
      withoutPart(withMergedStage(doc, event, event.data.becomes), pathOf(event.data)),
    LeadMerged: (doc, { data }) => ({ ...doc, mergedLeadIds: withId(doc.mergedLeadIds, data.mergedLeadId) }),
    LeadUnmerged: (doc, event) => {
      const mergedLeadIds = withoutId(doc.mergedLeadIds, event.data.mergedLeadId);
      return withoutPart({ ...withMergedStage(doc, event, event.data.becomes), mergedLeadIds }, [
        event.data.mergedLeadId,
      ]);
    },
    PersonErased: (doc, { occurredAt }) => ({ ...doc, erasedAt: occurredAt }),
    LeadMergedInto: (doc, { data: { survivorId } }) => ({ ...doc, mergedInto: survivorId }),
    LeadUnmergedFrom: ({ mergedInto: _, ...doc }) => doc,
    LeadJoinedOpportunity: (doc, { data }) =>
      withOwn(doc, { opportunityIds: withId(doc.own.opportunityIds, data.opportunityId) }),
    LeadLeftOpportunity: (doc, { data }) =>
      withOwn(doc, { opportunityIds: withoutId(doc.own.opportunityIds, data.opportunityId) }),
    LeadVisitorLinked: (doc, { data }) => withOwn(doc, { visitorIds: withId(doc.own.visitorIds, data.visitorId) }),
    FeedbackGiven: (doc, { data }) => withNote(doc, data),
    FeedbackCorrected: (doc, { data }) => withNote(doc, data),
    FeedbackWithdrawn: (doc, { data: { feedbackId } }) => {
      if (doc.feedbackNotes?.[feedbackId] === undefined) return doc;
      const { [feedbackId]: _, ...feedbackNotes } = doc.feedbackNotes;
      return { ...doc, feedbackNotes };
    },
  },
});
