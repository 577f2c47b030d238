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
import { indexOfRepeatedCode } from './codes.rules';
import { validateCriteria, type Criterion, type LeafKind } from './criteria.rules';
import type { DefinitionKind } from './definition.events';
import { icp, validateIcp, type Icp } from './icp.rules';
import { pipeline, validatePipelines, type Pipelines } from './pipeline.rules';
import { routing, validateRouting, type Routing } from './routing.rules';
import { scoringModel, validateScoringModel, type ScoringModel } from './scoring.rules';
import { slaPolicy, validateSlaPolicy, type SlaPolicy } from './sla.rules';
import { validateStageMap, stageMap, type StageMap } from './stage-map.rules';

/** The largest body, in KiB of JSON; calendars hold whole iCalendar files. The log takes at most 1 MiB per append. */
const LONGEST_BODY = 64;
const longestBody: { readonly [K in DefinitionKind]?: number } = { 'business-calendar': 512 };

/** Reasons for which sales may reject a lead. `other` always requires a note. */
export const rejectionReasons = object({
  reasons: list(
    object({
      code: text('Short, stable code: no-budget.', { min: 1, max: 100 }),
      label: optional(text('Label for people.', { max: 200 })),
      immediate: optional(flag('Sales may use it without having tried to reach the person: wrong-person, duplicate.')),
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

/** Reasons for which deals are lost. */
const lossReasons = object({
  reasons: list(
    object({
      code: text('Short, stable code: price.', { min: 1, max: 100 }),
      label: optional(text('Label for people.', { max: 200 })),
    }),
  ),
});

type LossReasons = Static<typeof lossReasons>;

/** When a lead reaches a stage. Without criteria, people decide by the statement. */
const agreement = object({
  statement: optional(text('The agreement in words.')),
  criteria: optional(json('Criteria on the lead: a tree of all, any and not.')),
});
export interface Agreement {
  readonly statement?: string;
  readonly criteria?: Criterion;
}

/** The type of the body of each kind of definition. */
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
  readonly pipeline: Pipelines;
  readonly routing: Routing;
  readonly 'business-calendar': BusinessCalendar;
}
/** A version of a kind, with its body. */
export type DefinitionOf<K extends DefinitionKind> = Definition<DefinitionBodies[K]>;
/** The context of deciders that use definitions. */
export type DefinitionContext = Context<DefinitionBodies>;
/** Finds the version of a kind that is in force, or the version with a given number. */
export type FindDefinition = DefinitionContext['definition'];

/** @param body as stored: it was validated when it was proposed */
export const definitionOf = <K extends DefinitionKind>(kind: K, version: number, body: Json): DefinitionOf<K> => ({
  ...{ kind, version, ref: `${kind}@${version}` },
  body: body as DefinitionBodies[K],
});

/** Finds versions of the given kinds, in force at an instant or by number. */
export type FindDefinitionAt<K extends DefinitionKind> = <L extends K>(
  kind: L,
  at: Instant | number,
) => DefinitionOf<L> | undefined;

/** @param options as for `DefinitionSource.at` */
export const definitionsAt = async <K extends DefinitionKind>(
  source: DefinitionSource,
  kinds: readonly K[],
  options?: Parameters<DefinitionSource['forKinds']>[1],
): Promise<FindDefinitionAt<K>> => (await source.forKinds(kinds, options)) as FindDefinitionAt<K>;

type Check = (body: Json) => Fault | undefined;

/** @param validate finds the faults that the schema cannot find, in a body that passes the schema */
const bodyCheck = <B>(schema: Parameters<typeof faultFinder>[0], validate: (body: B) => Fault | undefined): Check => {
  const faultOf = faultFinder(schema);
  return (body) => faultOf(body) ?? validate(body as B);
};

const validateReasons = ({
  reasons,
}: {
  readonly reasons: readonly { readonly code: string }[];
}): Fault | undefined => {
  const codes = reasons.map(({ code }) => code);
  if (codes.length === 0) return { path: 'reasons', message: 'reasons must list at least one reason.' };
  const again = indexOfRepeatedCode(codes);
  return again < 0
    ? undefined
    : { path: `reasons.${again}.code`, message: 'Another reason has this code; choose another one.' };
};

const agreementCheck = (...leaves: readonly LeafKind[]): Check =>
  bodyCheck(agreement, ({ criteria }: { readonly criteria?: Json }) =>
    criteria === undefined ? undefined : validateCriteria(criteria, leaves),
  );

/** The validation of each kind's body: its schema, and what the schema cannot express. */
const bodyChecks: Readonly<Record<DefinitionKind, Check>> = {
  'channel-rules': bodyCheck(channelRules, validateChannelRules),
  attribution: bodyCheck(attribution, validateAttribution),
  'rejection-reasons': bodyCheck(rejectionReasons, validateReasons),
  mql: agreementCheck('field', 'touches', 'score'),
  sal: agreementCheck('field', 'touches', 'score'),
  sql: agreementCheck('field', 'touches', 'score', 'answer'),
  'scoring-model': bodyCheck(scoringModel, validateScoringModel),
  'sla-policy': bodyCheck(slaPolicy, validateSlaPolicy),
  icp: bodyCheck(icp, validateIcp),
  'loss-reasons': bodyCheck(lossReasons, validateReasons),
  'stage-map': bodyCheck(stageMap, validateStageMap),
  pipeline: bodyCheck(pipeline, validatePipelines),
  routing: bodyCheck(routing, validateRouting),
  'business-calendar': bodyCheck(businessCalendar, validateCalendar),
};

export const isKind = (text: string): text is DefinitionKind => Object.hasOwn(bodyChecks, text);

/** @returns the first fault of a body, with its path from the root of the body; undefined for a valid one */
export const validateBody = (kind: DefinitionKind, body: Json): Fault | undefined =>
  Buffer.byteLength(JSON.stringify(body)) > (longestBody[kind] ?? LONGEST_BODY) * 1024
    ? {
        path: '',
        message: `The body is too large: a definition of this kind can have at most ${longestBody[kind] ?? LONGEST_BODY} KiB of JSON.`,
      }
    : bodyChecks[kind](body);

/** The kinds that work before any version is in force; the reference of the built-in version is `attribution@0`. */
type BuiltIn = Pick<DefinitionBodies, 'channel-rules' | 'attribution' | 'rejection-reasons'>;
const builtIn: BuiltIn = {
  'channel-rules': builtInChannelRules,
  attribution: builtInAttribution,
  'rejection-reasons': builtInRejectionReasons,
};

/**
 * The version that decides for a kind that has a built-in version.
 * @param inForce the version in force, if there is one
 * @returns its reference (`attribution@3`, or `attribution@0` for the built-in) and its typed body
 */
export const inForceOrBuiltIn = <K extends keyof BuiltIn>(
  kind: K,
  inForce: DefinitionOf<K> | undefined,
): { readonly ref: string; readonly body: BuiltIn[K] } => inForce ?? { ref: `${kind}@0`, body: builtIn[kind] };
