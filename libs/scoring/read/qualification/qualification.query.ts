import { NotFound, type Definition, type Instant, type ClosedJournal, type StoredEvent } from '@baton/kernel';
import {
  definitionInForce,
  definitionOf,
  getDefinition,
  type CriteriaFacts,
  type FindDefinition,
} from '@baton/definitions';
import type { AsOf, ReadModels } from '@baton/platform/documents';
import { leadDecider } from '@baton/leads';
import type { LeadEvent } from '@baton/leads';
import { isCapturedLead } from '@baton/leads';
import { qualification, type Qualification } from '@baton/leads';
import { scoreAt, type Score } from '@baton/leads';

export interface EvaluationQuestion {
  readonly leadId: string;
  readonly at: Instant;
  /** A version to evaluate under, `mql@2` or `scoring-model@3`; by default the one in force at that instant. */
  readonly definition?: string;
  /** Only events within this cut; by default all. */
  readonly cut?: AsOf;
}

const END_OF_TIME: Instant = '9999-12-31T23:59:59.999Z';
const identityChanges: ReadonlySet<string> = new Set([
  ...['LeadMerged', 'MergedFactsAdded', 'MergedFactsRemoved', 'LeadUnmerged', 'LeadVisitsJoined'],
]);
const isVisible =
  (at: Instant, { happenedBy = END_OF_TIME, knownBy, knownAt }: AsOf = {}) =>
  ({ type, occurredAt, recordedAt, position }: StoredEvent): boolean =>
    // Merges apply to the past as well: the touches of a merged lead count at their own times.
    (occurredAt <= at || identityChanges.has(type)) &&
    occurredAt <= happenedBy &&
    (knownBy === undefined || recordedAt <= knownBy) &&
    (knownAt === undefined || position <= knownAt);

/** The state of a lead at an instant, folded from its events by its decider. */
export const factsOf = async (
  journal: ClosedJournal,
  { leadId, at, cut }: EvaluationQuestion,
): Promise<CriteriaFacts | undefined> => {
  const events = (await journal.read(`lead-${leadId}`)).filter(isVisible(at, cut));
  const state = events.reduce(
    (folded, event) => leadDecider.evolve(folded, event as StoredEvent<LeadEvent>),
    leadDecider.initialState(),
  );
  return isCapturedLead(state) ? state.person : undefined;
};

/** The version of each kind used: the named one, or the one in force. */
export const versionsOf = async (
  models: ReadModels,
  kinds: readonly ('mql' | 'scoring-model')[],
  { at, definition }: Pick<EvaluationQuestion, 'at' | 'definition'>,
): Promise<FindDefinition> => {
  const [named, number] = definition?.split('@') ?? [];
  if (named !== undefined && !kinds.some((kind) => kind === named))
    throw new NotFound(
      'definition/unknown-version',
      `definition must be a version of ${kinds.join(' or ')}, such as ${kinds[0]}@2.`,
      'definition',
    );
  const found = new Map<string, Definition<unknown>>();
  for (const kind of kinds) {
    const document =
      kind === named
        ? await getDefinition(models, { kind, number: Number(number) })
        : await definitionInForce(models, { kind, at });
    if (kind === named && !document)
      throw new NotFound(
        'definition/unknown-version',
        `There is no version ${definition} of this definition.`,
        'definition',
      );
    if (document) found.set(kind, definitionOf(kind, document.number, document.body));
  }
  return ((kind) => found.get(kind)) as FindDefinition;
};

/**
 * Whether a lead meets the definition of a marketing-qualified lead, at any instant and by any version. Read-only.
 * @returns undefined for a lead unknown at that instant, and if neither criteria nor a threshold are agreed
 * @throws NotFound `definition/unknown-version`
 */
export const leadQualification = async (
  models: ReadModels,
  journal: ClosedJournal,
  question: EvaluationQuestion,
): Promise<Qualification | undefined> => {
  const definition = await versionsOf(models, ['mql', 'scoring-model'], question);
  const facts = await factsOf(journal, question);
  return facts && qualification(facts, question.at, definition);
};

/**
 * The score of a lead at any instant by any version of the scoring model.
 * @returns undefined for a lead unknown at that instant, and if no model is agreed
 * @throws NotFound `definition/unknown-version`
 */
export const leadScore = async (
  models: ReadModels,
  journal: ClosedJournal,
  question: EvaluationQuestion,
): Promise<(Score & { readonly definition: string }) | undefined> => {
  const model = (await versionsOf(models, ['scoring-model'], question))('scoring-model');
  const facts = model && (await factsOf(journal, question));
  return facts && { definition: model.ref, ...scoreAt(model.body, facts, question.at) };
};
