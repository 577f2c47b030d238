import { DAY_MS, fromMs, toMs, type Instant } from '@baton/kernel';
import type { LeadDocument } from '@baton/leads';
import type { RetentionRule } from './retention-rules.read-model';

type Person = Pick<LeadDocument, 'stage' | 'capturedAt' | 'lastTouchAt' | 'history'>;
/** The last thing that is known of a person: a touch, a move, or the capture. */
export const lastActiveAt = ({ capturedAt, lastTouchAt, history }: Person): Instant | undefined =>
  [capturedAt, lastTouchAt, ...history.map(({ at }) => at)].reduce<Instant | undefined>(
    (latest, one) => (one !== undefined && (latest === undefined || one > latest) ? one : latest),
    undefined,
  );

/** An erasure cannot be undone: a rule that was set, or changed, by mistake erases nobody for so long. */
const NOTICE_MS = DAY_MS;

/** Which rule keeps a person longest, and until when. */
export interface Kept {
  readonly purpose: string;
  readonly until: Instant;
}
/** @returns undefined if no rule concerns the person, who is then kept without end */
export const keptUntil = (person: Person, rules: readonly RetentionRule[]): Kept | undefined => {
  const [longest] = rules
    .filter(({ days, stages }) => days !== null && stages.includes(person.stage))
    .sort((a, b) => b.days! - a.days! || (a.retentionId < b.retentionId ? -1 : 1));
  const active = lastActiveAt(person);
  if (!longest || active === undefined) return undefined;
  const until = Math.max(toMs(active) + longest.days! * DAY_MS, toMs(longest.since) + NOTICE_MS);
  return { purpose: longest.retentionId, until: fromMs(until) };
};
