import type { Documents, EventLog, Policy, Projection } from '@baton/kernel';
import { firstGeneration, isGenerationOf, readableGeneration } from '../documents';
import { deliveriesTo, effectFollower, type Sender } from './effect';
import { Fold, type FoldOptions, type Follower, type FoldStores } from './fold';
import type { FollowedStreams } from './followed-streams';
import { isDropped } from './generations';
import type { HeldFence } from './leases';
import { LogFollower } from './log-follower';
import { policyFollower } from '../at-tip';
import { PolicyFollower, type Dispatch, type PolicyFollowerStores } from './policy-follower';
import { checkCheckpoint, type FollowerCheckpoint } from './verify';

type FollowerStores = FoldStores &
  PolicyFollowerStores & {
    readonly log: EventLog;
    readonly documents: Documents;
    readonly onFault: (error: unknown) => void;
  };

/** The generation of this version that follows the log, among those in use: also one that is still being rebuilt. */
export const followedGeneration = (actives: ReadonlyMap<string, string>, projection: Projection): string =>
  readableGeneration(actives.get(projection.name), projection) ?? firstGeneration(projection);

/** The checkpoint of every read model, policy and sender, with the event types that it takes. */
export const followerCheckpoints = async ({
  documents,
  projections,
  policies,
  senders = [],
}: Pick<FollowerStores, 'documents'> & {
  readonly projections: readonly Projection[];
  readonly policies: readonly Policy[];
  readonly senders?: readonly Sender[];
}): Promise<readonly FollowerCheckpoint[]> => {
  const actives = await documents.actives();
  const models = projections.map((projection) => ({
    follower: followedGeneration(actives, projection),
    owner: firstGeneration(projection),
    types: projection.types,
    projection,
  }));
  const policyTypes = policies.map((policy) => [policyFollower(policy), policy.types] as const);
  const effectTypes = senders.map(({ target }) => [effectFollower(target), deliveriesTo(target).types] as const);
  const others = [...policyTypes, ...effectTypes].map(([name, types]) => ({ follower: name, owner: name, types }));
  return Promise.all(
    [...models, ...others].map(async (one) => ({ ...one, checkpoint: await documents.checkpoint(one.follower) })),
  );
};

/** Opens a generation of a read model in the form that it is declared in. */
export const openGeneration = (
  stores: FoldStores,
  projection: Projection,
  generation: string,
  fence: HeldFence,
  how: FoldOptions = {},
): Promise<Follower> =>
  projection.ofLog
    ? LogFollower.open(stores, projection, projection.ofLog, generation, fence, how)
    : Fold.open(stores, projection, generation, fence, how);

/**
 * Opens the active generation of a read model; undefined if it is of another version or its checkpoint is invalid, so
 * that it must be rebuilt.
 * @param trusted whether the log is known to be the one that the checkpoints were made from
 */
export const openFold = async (
  parts: FollowerStores,
  projection: Projection,
  fence: HeldFence,
  trusted: boolean,
): Promise<Follower | undefined> => {
  const { documents, log, onFault } = parts;
  const { name } = projection;
  let active = await documents.active(name);
  if (!active) await documents.activate(name, (active = firstGeneration(projection)));
  if (!isGenerationOf(projection, active)) return undefined;
  const checkpoint = await documents.checkpoint(active);
  const followed = { follower: active, owner: firstGeneration(projection), types: projection.types, checkpoint };
  const found = await checkCheckpoint(log, followed, trusted);
  if ('fault' in found) {
    onFault(found.fault);
    return undefined;
  }
  try {
    return await openGeneration(parts, projection, active, fence, found);
  } catch (error) {
    // Another process has dropped it since. If another generation is active by now, the next attempt opens that one.
    if (!isDropped(error) || (await documents.active(name)) !== active) throw error;
    onFault(error);
    return undefined;
  }
};

/** Opens a policy, or the deliveries of a target, at its checkpoint. */
export const openPolicyFollower = async (
  parts: FollowerStores,
  policy: Policy,
  name: string,
  dispatch: Dispatch,
  fence: HeldFence,
  streams: FollowedStreams,
  trusted: boolean,
): Promise<PolicyFollower> => {
  const { documents, log, onFault } = parts;
  const tip = await log.tip();
  const checkpoint = await documents.checkpoint(name);
  const found = await checkCheckpoint(log, { follower: name, owner: name, types: policy.types, checkpoint }, trusted);
  // It starts again from the beginning: commands that it sent before are recognised by their ids.
  if ('fault' in found) onFault(found.fault);
  const known = 'fault' in found || !checkpoint ? undefined : { ...checkpoint, position: found.from };
  return PolicyFollower.open(parts, policy, dispatch, fence, streams, tip, known, name);
};
