import {
  faultFinder,
  flag,
  json,
  list,
  object,
  optional,
  text,
  type Definition,
  type Fault,
  type Json,
  type Static,
} from '@baton/kernel';
import { attribution, builtInAttribution, soundAttribution, type Attribution } from './attribution.rules';
import { businessCalendar, soundCalendar } from './calendar.rules';
import { builtInChannelRules } from './built-in-channels.rules';
import { channelRules, soundChannelRules, type ChannelRules } from './channel.rules';
import { repeatedCode } from './codes.rules';
import { criteriaFault, type Criterion, type LeafKind } from './criteria.rules';
import type { DefinitionKind } from './definition.events';
import { icp, soundIcp } from './icp.rules';
import { routing, soundRouting } from './routing.rules';
import { scoringModel, soundScoringModel } from './scoring.rules';
import { slaPolicy, soundSlaPolicy } from './sla.rules';
import { soundStageMap, stageMap } from './stage-map.rules';

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

/** When a lead has come to a stage. Without criteria the people who may make the move judge by the statement. */
const agreement = object({
  statement: optional(text('What was agreed, in words.')),
  criteria: optional(json('A tree of all, any and not over what is known of the lead.')),
});
export interface Agreement {
  readonly statement?: string;
  readonly criteria?: Criterion;
}

type Check = (body: Json) => Fault | undefined;

const shaped = (schema: Parameters<typeof faultFinder>[0], sound: Check = () => undefined): Check => {
  const faultOf = faultFinder(schema);
  return (body) => faultOf(body) ?? sound(body);
};

const soundReasons: Check = (body) => {
  const codes = (body as unknown as RejectionReasons).reasons.map(({ code }) => code);
  if (codes.length === 0) return { path: 'reasons', message: 'Give at least one reason.' };
  const again = repeatedCode(codes);
  return again < 0 ? undefined : { path: `reasons.${again}.code`, message: 'Another reason has this code.' };
};

const agreed = (...leaves: readonly LeafKind[]): Check =>
  shaped(agreement, (body) => {
    const { criteria } = body as { criteria?: Json };
    return criteria === undefined ? undefined : criteriaFault(criteria, leaves);
  });

/** What a definition's body must be, by kind. A kind gets a meaning by getting its schema here. */
const bodies: Readonly<Record<DefinitionKind, Check>> = {
  'channel-rules': shaped(channelRules, soundChannelRules),
  attribution: shaped(attribution, (body) => soundAttribution(body as Attribution)),
  'rejection-reasons': shaped(rejectionReasons, soundReasons),
  mql: agreed('field', 'touches', 'score'),
  sal: agreed('field', 'touches', 'score'),
  sql: agreed('field', 'touches', 'score', 'answer'),
  'scoring-model': shaped(scoringModel, soundScoringModel),
  'sla-policy': shaped(slaPolicy, soundSlaPolicy),
  icp: shaped(icp, soundIcp),
  'loss-reasons': shaped(lossReasons, soundReasons),
  'stage-map': shaped(stageMap, soundStageMap),
  routing: shaped(routing, soundRouting),
  'business-calendar': shaped(businessCalendar, soundCalendar),
};

export const isKind = (text: string): text is DefinitionKind => Object.hasOwn(bodies, text);

/** @returns the first fault of a body, its path from the body's root; undefined for a good one */
export const bodyFault = (kind: DefinitionKind, body: Json): Fault | undefined =>
  Buffer.byteLength(JSON.stringify(body)) > (longestBody[kind] ?? LONGEST_BODY) * 1024
    ? { path: '', message: `A body of this kind has at most ${longestBody[kind] ?? LONGEST_BODY} KiB.` }
    : bodies[kind](body);

/** The body of a kind that works before any version is agreed; its reference is version 0, `attribution@0`. */
interface Settled {
  readonly 'channel-rules': ChannelRules;
  readonly attribution: Attribution;
  readonly 'rejection-reasons': RejectionReasons;
}
const builtIn: Settled = {
  'channel-rules': builtInChannelRules,
  attribution: builtInAttribution,
  'rejection-reasons': builtInRejectionReasons,
};

/**
 * The version that decides for a kind that has a built-in answer.
 * @param inForce the agreed version, if there is one
 * @returns its reference (`attribution@3`, or `attribution@0` for the built-in) and its typed body
 */
export const settled = <K extends keyof Settled>(
  kind: K,
  inForce: Definition | undefined,
): { readonly ref: string; readonly body: Settled[K] } =>
  inForce
    ? { ref: inForce.ref, body: inForce.body as unknown as Settled[K] }
    : { ref: `${kind}@0`, body: builtIn[kind] };
