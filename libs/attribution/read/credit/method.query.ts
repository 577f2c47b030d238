import {
  boundsOf,
  NotFound,
  Refused,
  type Bounds,
  type DefinitionSource,
  type Instant,
  type PeriodArgs,
} from '@baton/kernel';
import { definitionOf, getDefinition, inForceOrBuiltIn } from '@baton/definitions';
import type { ReadModels } from '@baton/platform/documents';
import { methodAt } from '../attribution/attribution.query';
import type { Method } from '../attribution/attribution.rules';

/** Versions named by a query, including those not in force. */
export interface VersionOverrides {
  /** `attribution@3`; version 0 is the built-in one. */
  readonly definition?: string;
  /** `channel-rules@2`; version 0 is the built-in one. */
  readonly channelRules?: string;
}

/** Checks that a text is a version of a kind. @throws Refused `attribution/not-a-version` */
export const versionCheck =
  (kind: 'attribution' | 'channel-rules') =>
  (ref: string, path: string): void => {
    if (!ref.startsWith(`${kind}@`) || !/^\d{1,9}$/.test(ref.slice(kind.length + 1)))
      throw new Refused('attribution/not-a-version', `The version must be written as ${kind}@3.`, path);
  };

const versionOf = async <K extends 'attribution' | 'channel-rules'>(
  models: ReadModels,
  kind: K,
  ref: string,
  path: string,
) => {
  versionCheck(kind)(ref, path);
  const version = Number(ref.slice(kind.length + 1));
  if (version === 0) return inForceOrBuiltIn(kind, undefined);
  const found = await getDefinition(models, { kind, number: version });
  if (!found) throw new NotFound('definition/unknown-version', `There is no ${ref}.`, path);
  return inForceOrBuiltIn<K>(kind, definitionOf<K>(kind, version, found.body));
};

/**
 * The definitions that a query uses: the versions it names, else those in force at an instant.
 * @throws Refused `attribution/not-a-version`; NotFound `definition/unknown-version`
 */
export const methodOf = async (
  definitions: DefinitionSource,
  models: ReadModels,
  at: Instant,
  { definition, channelRules }: VersionOverrides = {},
): Promise<Pick<Method, 'definition' | 'channelRules'>> => ({
  ...(await methodAt(definitions, at)),
  ...(definition !== undefined && {
    definition: await versionOf(models, 'attribution', definition, 'definition'),
  }),
  ...(channelRules !== undefined && {
    channelRules: await versionOf(models, 'channel-rules', channelRules, 'channelRules'),
  }),
});

/**
 * The definitions for a query about a period, in force at its end or now, and the period: days begin in the query's
 * time zone, else in that of the definition, else in UTC.
 * @throws Refused as `boundsOf`, and as `methodOf`
 */
export const methodForPeriod = async (
  definitions: DefinitionSource,
  models: ReadModels,
  now: Instant,
  { from, to, timeZone, ...versions }: PeriodArgs & VersionOverrides,
): Promise<Pick<Method, 'definition' | 'channelRules' | 'timeZone'> & Bounds> => {
  const { to: end } = boundsOf({ from, to, timeZone });
  const method = await methodOf(definitions, models, end !== undefined && end < now ? end : now, versions);
  const zone = timeZone ?? method.definition.body.timeZone;
  return { ...method, ...boundsOf({ from, to, timeZone: zone }), ...(timeZone && { timeZone }) };
};
