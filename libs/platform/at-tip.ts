import { isAccessStream, type Documents, type EventLog, type Policy } from '@baton/kernel';
import { isGenerationOf } from './documents';
import { isLogOfCheckpoints } from './runner/verify';

/** Those who follow the log: read models with their versions, and policies by the names of their followers. */
export interface FollowerNames {
  readonly projections: readonly { readonly name: string; readonly version: number }[];
  readonly policies: readonly string[];
}

/** The name under which a policy follows the log. */
export const policyFollower = ({ name, version }: Policy): string => `policy-${name}-v${version}`;

/** More than that are not looked through. */
const MOST_READS = 1_000;
/** Whether nothing but reads was recorded after a position: no answer depends on them. */
const areReads = async (log: EventLog, after: string): Promise<boolean> => {
  const { events, atTip } = await log.readAll(after, {}, MOST_READS);
  return atTip && events.every(({ stream }) => isAccessStream(stream));
};

/**
 * Whether every read model, in its version, and every policy has handled the whole log, so that nothing has to be
 * followed before a question is answered. False where a store cannot tell.
 */
export const haveReachedTip = async (
  { log, documents }: { readonly log: EventLog; readonly documents: Documents },
  { projections, policies }: FollowerNames,
): Promise<boolean> => {
  const [tip, actives] = [await log.tip(), await documents.actives()];
  const generations = projections.map((projection) => {
    const active = actives.get(projection.name);
    return active !== undefined && isGenerationOf(projection, active) ? active : undefined;
  });
  const names = [...generations, ...policies].filter((name) => name !== undefined);
  if (names.length < projections.length + policies.length) return false;
  const checkpoints = await Promise.all(names.map((name) => documents.checkpoint(name)));
  if (!checkpoints.every((checkpoint) => checkpoint !== undefined)) return false;
  const last = checkpoints.reduce((first, { position }) => (position < first ? position : first), tip);
  if (last < tip && !(await areReads(log, last))) return false;
  return isLogOfCheckpoints(log, checkpoints);
};
