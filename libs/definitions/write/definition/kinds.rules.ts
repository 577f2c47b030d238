import {
  faultFinder,
  flag,
  json,
  list,
  object,
  optional,
  text,
  type Context,
  type Definition,
  type DefinitionSource,
  type Fault,
  type Instant,
  type Json,
  type Static,
} from '@baton/kernel';
import { attribution, builtInAttribution, validateAttribution, type Attribution } from './attribution.rules';
import { businessCalendar, validateCalendar, type BusinessCalendar } from './calendar.rules';
import { builtInChannelRules } from './built-in-channels.rules';
import { channelRules, validateChannelRules, type ChannelRules } from './channel.rules';
import { repeatedCode } from './codes.rules';
import { criteriaFault, type Criterion, type LeafKind } from './criteria.rules';
import type { DefinitionKind } from './definition.events';
import { icp, validateIcp, type Icp } from './icp.rules';
import { routing, validateRouting, type Routing } from './routing.rules';
import { scoringModel, validateScoringModel, type ScoringModel } from './scoring.rules';
import { slaPolicy, validateSlaPolicy, type SlaPolicy } from './sla.rules';
import { validateStageMap, stageMap, type StageMap } from './stage-map.rules';

/** The longest body, in KiB of its JSON; a calendar holds files as people have them. One append takes 1 MiB. */
const LONGEST_BODY = 64;
const longestBody: { readonly [K in DefinitionKind]?: number } = { 'business-calendar': 512 };

/** Why sales may refuse a lead. `other` always asks for a note. */
export const rejectionReasons = object({
  reasons: list(
    object({
      code: text('Short and stable: no-budget.', { min: 1, max: 100 }),
      label: optional(text('In words.', { max: 200 })),
      immediate: optional(flag('It needs no attempts to reach the person: wrong person, duplicate.')),
    }),
  ),
});
export type RejectionReasons = Static<typeof rejectionReasons>;

export const builtInRejectionReasons: RejectionReasons = {
  reasons: [
    { code: 'no-budget' },
    { code: 'no-authority' },
    { code: 'no-need' },
    { code: 'no-timing' },
    { code: 'no-answer' },
    { code: 'not-a-fit' },
    { code: 'competitor-chosen' },
    { code: 'wrong-person', immediate: true },
    { code: 'bad-contact-data', immediate: true },
    { code: 'duplicate', immediate: true },
    { code: 'other' },
  ],
};

/** Why deals are lost. */
const lossReasons = object({
  reasons: list(
    object({
      code: text('Short and stable: price.', { min: 1, max: 100 }),
      label: optional(text('In words.', { max: 200 })),
    }),
  ),
});

type LossReasons = Static<typeof lossReasons>;

/** When a lead has come to a stage. Without criteria the people who may make the move judge by the statement. */
const agreement = object({
  statement: optional(text('What was agreed, in words.')),
  criteria: optional(json('A tree of all, any and not over what is known of the lead.')),
});
export interface Agreement {
  readonly statement?: string;
  readonly criteria?: Criterion;
}

/** What a version says, by its kind: whoever looks for a kind of definition gets its body typed by this. */
export interface DefinitionBodies {
  readonly 'channel-rules': ChannelRules;
  readonly attribution: Attribution;
  readonly 'rejection-reasons': RejectionReasons;
  readonly mql: Agreement;
  readonly sal: Agreement;
  readonly sql: Agreement;
  readonly 'scoring-model': ScoringModel;
  readonly 'sla-policy': SlaPolicy;
  readonly icp: Icp;
  readonly 'loss-reasons': LossReasons;
  readonly 'stage-map': StageMap;
  readonly routing: Routing;
  readonly 'business-calendar': BusinessCalendar;
}
/** A version of a kind, with its body. */
export type DefinitionOf<K extends DefinitionKind> = Definition<DefinitionBodies[K]>;
/** What a decision that looks at definitions may know besides its state. */
export type DefinitionContext = Context<DefinitionBodies>;
/** The version of a kind that decides; by its number that version. */
export type FindDefinition = DefinitionContext['definition'];

/** @param body as it is stored: it was checked by the schema of its kind when it was proposed */
export const definitionOf = <K extends DefinitionKind>(kind: K, version: number, body: Json): DefinitionOf<K> => ({
  ...{ kind, version, ref: `${kind}@${version}` },
  body: body as DefinitionBodies[K],
});

/** Finds the versions of those kinds, at any instant or by their numbers. */
export type FindDefinitionAt<K extends DefinitionKind> = <L extends K>(
  kind: L,
  at: Instant | number,
) => DefinitionOf<L> | undefined;

/** @param asked as `DefinitionSource.at` says */
export const definitionsAt = async <K extends DefinitionKind>(
  source: DefinitionSource,
  kinds: readonly K[],
  asked?: Parameters<DefinitionSource['forKinds']>[1],
): Promise<FindDefinitionAt<K>> => (await source.forKinds(kinds, asked)) as FindDefinitionAt<K>;

type Check = (body: Json) => Fault | undefined;

/** @param sound what the schema does not say of a body that keeps it */
const shaped = <B>(schema: Parameters<typeof faultFinder>[0], sound: (body: B) => Fault | undefined): Check => {
  const faultOf = faultFinder(schema);
  return (body) => faultOf(body) ?? sound(body as B);
};

const soundReasons = ({ reasons }: { readonly reasons: readonly { readonly code: string }[] }): Fault | undefined => {
  const codes = reasons.map(({ code }) => code);
  if (codes.length === 0) return { path: 'reasons', message: 'Give at least one reason.' };
  const again = repeatedCode(codes);
  return again < 0 ? undefined : { path: `reasons.${again}.code`, message: 'Another reason has this code.' };
};

const agreed = (...leaves: readonly LeafKind[]): Check =>
  shaped(agreement, ({ criteria }: { readonly criteria?: Json }) =>
    criteria === undefined ? undefined : criteriaFault(criteria, leaves),
  );

/** What a definition's body must be, by kind. A kind gets a meaning by getting its schema here. */
const bodies: Readonly<Record<DefinitionKind, Check>> = {
  'channel-rules': shaped(channelRules, validateChannelRules),
  attribution: shaped(attribution, validateAttribution),
  'rejection-reasons': shaped(rejectionReasons, soundReasons),
  mql: agreed('field', 'touches', 'score'),
  sal: agreed('field', 'touches', 'score'),
  sql: agreed('field', 'touches', 'score', 'answer'),
  'scoring-model': shaped(scoringModel, validateScoringModel),
  'sla-policy': shaped(slaPolicy, validateSlaPolicy),
  icp: shaped(icp, validateIcp),
  'loss-reasons': shaped(lossReasons, soundReasons),
  'stage-map': shaped(stageMap, validateStageMap),
  routing: shaped(routing, validateRouting),
  'business-calendar': shaped(businessCalendar, validateCalendar),
};

export const isKind = (text: string): text is DefinitionKind => Object.hasOwn(bodies, text);

/** @returns the first fault of a body, its path from the body's root; undefined for a good one */
export const bodyFault = (kind: DefinitionKind, body: Json): Fault | undefined =>
  Buffer.byteLength(JSON.stringify(body)) > (longestBody[kind] ?? LONGEST_BODY) * 1024
    ? { path: '', message: `A body of this kind has at most ${longestBody[kind] ?? LONGEST_BODY} KiB.` }
    : bodies[kind](body);

/** The kinds that work before any version is agreed; the reference of what is built in is version 0, `attribution@0`. */
type BuiltIn = Pick<DefinitionBodies, 'channel-rules' | 'attribution' | 'rejection-reasons'>;
const builtIn: BuiltIn = {
  'channel-rules': builtInChannelRules,
  attribution: builtInAttribution,
  'rejection-reasons': builtInRejectionReasons,
};

/**
 * The version that decides for a kind that has a built-in answer.
 * @param inForce the agreed version, if there is one
 * @returns its reference (`attribution@3`, or `attribution@0` for the built-in) and its typed body
 */
export const orBuiltIn = <K extends keyof BuiltIn>(
  kind: K,
  inForce: DefinitionOf<K> | undefined,
): { readonly ref: string; readonly body: BuiltIn[K] } => inForce ?? { ref: `${kind}@0`, body: builtIn[kind] };
