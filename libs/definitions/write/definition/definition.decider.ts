import { DateTime } from 'luxon';
import { decider, refuse, type Context, type Day, type Instant, type Json, type Refused } from '@baton/kernel';
import {
  definitionCommands,
  definitionEvents,
  definitionKinds,
  type DefinitionCommand,
  type DefinitionEvent,
} from './definition.events';
import { validateBody, isKind } from './kinds.rules';
import { differencesBetween, inForceAt, type InForcePeriod } from './versions.rules';

interface Version extends InForcePeriod {
  readonly body: Json;
  readonly reason: string;
  readonly inForceFrom?: Instant;
  readonly approvals: readonly { readonly team: string; readonly approver: string }[];
}
/** The versions of one kind, by number; the first is 1. */
export interface DefinitionState {
  readonly versions: readonly Version[];
}

const QUARTER = { months: 3 };
const quarterAfter = (instant: Instant): Day => DateTime.fromISO(instant, { zone: 'UTC' }).plus(QUARTER).toISODate()!;

const unknownKind = (kind: string): Refused | undefined =>
  isKind(kind)
    ? undefined
    : refuse('definition/unknown-kind', `definitionId must be one of ${definitionKinds.join(', ')}.`, 'definitionId', {
        kind,
      });
const versionOf = ({ versions }: DefinitionState, number: number): Version | Refused =>
  versions[number - 1] ??
  refuse(
    'definition/unknown-version',
    `There is no version ${number}; baton definitions list shows the versions.`,
    'number',
  );
const isRefused = (value: object): value is Refused => 'code' in value;

/** A live version comes into force at the second approval at the earliest; an import may state an earlier instant. */
const effectiveFrom = (inForceFrom: Instant | undefined, { now, mode }: Context): Instant => {
  if (inForceFrom === undefined) return now;
  return mode === 'live' && inForceFrom < now ? now : inForceFrom;
};

const withVersion = (
  state: DefinitionState,
  number: number,
  change: (version: Version) => Version,
): DefinitionState => ({
  versions: state.versions.map((version) => (version.number === number ? change(version) : version)),
});

export const definitionDecider = decider<DefinitionState, DefinitionCommand, DefinitionEvent>({
  commands: definitionCommands,
  events: definitionEvents,
  initialState: () => ({ versions: [] }),
  decide: {
    ProposeDefinition: (state, { data }, { now }) => {
      const { definitionId, body, reason, inForceFrom, reviewBy } = data;
      if (!isKind(definitionId)) return unknownKind(definitionId)!;
      const fault = validateBody(definitionId, body);
      if (fault) return refuse('definition/invalid-body', fault.message, fault.path ? `body.${fault.path}` : 'body');
      const last = state.versions.at(-1);
      const open = last && last.approvals.length < 2 ? last : undefined;
      const same = open?.reason === reason && open.inForceFrom === inForceFrom;
      if (open && same && differencesBetween(open.body, body).length === 0) return []; // the open proposal is the same
      return [
        {
          type: 'DefinitionProposed',
          data: {
            definitionId,
            number: state.versions.length + 1,
            body,
            reason,
            ...(inForceFrom !== undefined && { inForceFrom }),
            reviewBy: reviewBy ?? quarterAfter(now),
          },
        },
      ];
    },
    ApproveDefinition: (state, { data: { definitionId, number, team }, meta }, context) => {
      const unknown = unknownKind(definitionId);
      if (unknown) return unknown;
      const version = versionOf(state, number);
      if (isRefused(version)) return version;
      if (version.approvals.some((approval) => approval.team === team)) return [];
      if (meta.roles && !meta.roles.includes(team))
        return refuse('definition/not-your-team', `Only a member of ${team} can approve for ${team}.`, 'team');
      if (state.versions.some((later) => later.number > number && later.from !== undefined))
        return refuse(
          'definition/superseded',
          'A later version has been put in force; propose a new version instead.',
          'number',
        );
      const [other] = version.approvals;
      if (other?.approver === meta.actor)
        return refuse(
          'definition/same-person',
          'You approved for the other team; each team needs an approver of its own.',
          'team',
        );
      const approved = {
        type: 'DefinitionApproved',
        data: { definitionId, number, team, approver: meta.actor },
      } as const;
      if (!other) return [approved];
      const from = effectiveFrom(version.inForceFrom, context);
      return [approved, { type: 'DefinitionPutInForce', data: { definitionId, number, from } }];
    },
    RetireDefinition: (state, { data: { definitionId, number, reason } }, { now }) => {
      const unknown = unknownKind(definitionId);
      if (unknown) return unknown;
      const version = versionOf(state, number);
      if (isRefused(version)) return version;
      if (version.retiredAt !== undefined) return [];
      const waiting = version.from !== undefined && version.from > now;
      if (!waiting && inForceAt(state.versions, now) !== version)
        return refuse(
          'definition/not-in-force',
          'Only the version in force, or one that comes into force later, can be retired.',
          'number',
        );
      return [{ type: 'DefinitionRetired', data: { definitionId, number, reason } }];
    },
  },
  evolve: {
    DefinitionProposed: ({ versions }, { data: { number, body, reason, inForceFrom } }) => ({
      versions: [
        ...versions,
        { number, body, reason, approvals: [], ...(inForceFrom !== undefined && { inForceFrom }) },
      ],
    }),
    DefinitionApproved: (state, { data: { number, team, approver } }) =>
      withVersion(state, number, (version) => ({ ...version, approvals: [...version.approvals, { team, approver }] })),
    DefinitionPutInForce: (state, { data: { number, from } }) =>
      withVersion(state, number, (version) => ({ ...version, from })),
    DefinitionRetired: (state, { data: { number }, occurredAt }) =>
      withVersion(state, number, (version) => ({ ...version, retiredAt: occurredAt })),
  },
});
