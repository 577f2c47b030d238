import { DateTime } from 'luxon';
import { decider, refuse, type Context, type Day, type Instant, type Json, type Refused } from '@baton/kernel';
import {
  definitionCommands,
  definitionEvents,
  definitionKinds,
  type DefinitionCommand,
  type DefinitionEvent,
} from './definition.events';
import { bodyFault, isKind } from './kinds.rules';
import { difference, inForceAt, type InForcePeriod } from './versions.rules';

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
    : refuse('definition/unknown-kind', `Choose one of ${definitionKinds.join(', ')}.`, 'definitionId', { kind });
const versionOf = ({ versions }: DefinitionState, number: number): Version | Refused =>
  versions[number - 1] ?? refuse('definition/unknown-version', 'There is no such version.', 'number');
const isRefused = (value: object): value is Refused => 'code' in value;

/** Live, nothing may hold before both teams agreed; an import tells what was agreed in the past. */
const beginning = (inForceFrom: Instant | undefined, { now, mode }: Context): Instant => {
  if (inForceFrom === undefined) return now;
  return mode === 'live' && inForceFrom < now ? now : inForceFrom;
};

const changed = (state: DefinitionState, number: number, change: (version: Version) => Version): DefinitionState => ({
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
      const fault = bodyFault(definitionId, body);
      if (fault) return refuse('definition/invalid-body', fault.message, fault.path ? `body.${fault.path}` : 'body');
      const last = state.versions.at(-1);
      const open = last && last.approvals.length < 2 ? last : undefined;
      const same = open?.reason === reason && open.inForceFrom === inForceFrom;
      if (open && same && difference(open.body, body).length === 0) return []; // the draft on the table says this already
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
        return refuse('definition/not-your-team', `Only ${team} can agree for ${team}.`, 'team');
      if (state.versions.some((later) => later.number > number && later.from !== undefined))
        return refuse('definition/superseded', 'A later version is in force; propose a new one.', 'number');
      const [other] = version.approvals;
      if (other?.approver === meta.actor)
        return refuse('definition/same-person', 'The two teams agree through two people.', 'team');
      const approved = {
        type: 'DefinitionApproved',
        data: { definitionId, number, team, approver: meta.actor },
      } as const;
      if (!other) return [approved];
      const from = beginning(version.inForceFrom, context);
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
        return refuse('definition/not-in-force', 'Only the version in force, or one to come, is retired.', 'number');
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
      changed(state, number, (version) => ({ ...version, approvals: [...version.approvals, { team, approver }] })),
    DefinitionPutInForce: (state, { data: { number, from } }) =>
      changed(state, number, (version) => ({ ...version, from })),
    DefinitionRetired: (state, { data: { number }, occurredAt }) =>
      changed(state, number, (version) => ({ ...version, retiredAt: occurredAt })),
  },
});
