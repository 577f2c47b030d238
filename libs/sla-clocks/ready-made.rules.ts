import type { Obligation, EventPattern, SlaPolicy } from '@baton/definitions';

type ObligationTerms = Pick<Obligation, 'budget' | 'clock' | 'escalation'>;
const onEvents = (...types: readonly string[]): EventPattern[] => types.map((event) => ({ event }));
const outbound = (actions?: readonly string[]): EventPattern => ({
  event: 'TouchRecorded',
  where: [
    { field: 'team', in: ['sales'] },
    { field: 'direction', in: ['outbound'] },
    ...(actions ? [{ field: 'action', in: [...actions] }] : []),
  ],
});
const rejectedFor = (reasons: readonly string[]): EventPattern[] =>
  reasons.length > 0 ? [{ event: 'LeadRejected', where: [{ field: 'reason', in: [...reasons] }] }] : [];

/**
 * Sales contacts a lead after its handoff; accepting the lead is not a response.
 * @param immediate codes of rejection reasons that require no attempt: wrong person, duplicate
 */
export const firstResponse = ({
  immediate = [],
  ...terms
}: ObligationTerms & { immediate?: readonly string[] }): Obligation => ({
  kind: 'first-response',
  start: onEvents('LeadHandedOff'),
  stop: [outbound()],
  cancel: [...onEvents('LeadDisqualified'), ...rejectedFor(immediate)],
  ...terms,
});

/** Sales decides on a lead after its handoff. */
export const disposition = (terms: ObligationTerms): Obligation => ({
  kind: 'disposition',
  start: onEvents('LeadHandedOff'),
  stop: onEvents('LeadAccepted', 'LeadRejected', 'LeadRecycled', 'LeadDisqualified'),
  ...terms,
});

/**
 * Sales makes enough attempts before it gives up on an accepted lead.
 * @param atLeast number of attempts
 * @param kinds number of different kinds of action
 * @param actions which count: call, e-mail, linkedin-message; any outbound sales touch by default
 */
export const attempts = ({
  atLeast,
  kinds,
  actions,
  immediate = [],
  ...terms
}: ObligationTerms & {
  readonly atLeast: number;
  readonly kinds: number;
  readonly actions?: readonly string[];
  readonly immediate?: readonly string[];
}): Obligation => ({
  kind: 'attempts',
  start: onEvents('LeadAccepted'),
  stop: [outbound(actions)],
  times: atLeast,
  mix: { field: 'action', atLeast: kinds },
  cancel: [...onEvents('LeadSalesQualified', 'LeadConverted', 'LeadDisqualified'), ...rejectedFor(immediate)],
  fail: onEvents('LeadRejected', 'LeadRecycled'),
  ...terms,
});

/** Sales finishes a lead after its handoff: qualified, or returned to marketing. */
export const resolution = (terms: ObligationTerms): Obligation => ({
  kind: 'resolution',
  start: onEvents('LeadHandedOff'),
  stop: onEvents('LeadSalesQualified', 'LeadRejected', 'LeadRecycled', 'LeadDisqualified'),
  ...terms,
});

/** A starting policy: an hour to respond, two days to decide, eight attempts of two kinds in three weeks. */
export const startingPolicy = (immediate: readonly string[]): SlaPolicy => ({
  obligations: [
    firstResponse({
      budget: 'PT1H',
      clock: 'business-calendar',
      immediate,
      escalation: [
        { percent: 80, notify: 'rep' },
        { afterBreach: 'PT0S', notify: 'manager' },
        { afterBreach: 'PT24H', notify: 'handoff-owner' },
      ],
    }),
    disposition({
      budget: 'PT48H',
      clock: 'wall-clock',
      escalation: [{ afterBreach: 'PT0S', notify: 'handoff-owner' }],
    }),
    attempts({ atLeast: 8, kinds: 2, budget: 'P21D', clock: 'wall-clock', immediate }),
  ],
});
