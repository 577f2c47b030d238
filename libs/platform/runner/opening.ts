import type { Documents, EventLog, Fence, Policy, Projection } from '@baton/kernel';
import { firstGeneration, activeGenerationIn, isGenerationOf } from '../documents';
import { deliveriesTo, effectFollower, type Sender } from './effect';
import { Fold, type FoldStores, type SaveMode } from './fold';
import type { FollowedStreams } from './followed-streams';
import { isDropped } from './generations';
import { policyFollower, PolicyFollower, type Dispatch, type PolicyFollowerStores } from './policy-follower';
import { checkCheckpoint, type FollowerCheckpoint } from './verify';

type FollowerStores = FoldStores &
  PolicyFollowerStores & {
    readonly log: EventLog;
    readonly documents: Documents;
    readonly onFault: (error: unknown) => void;
  };

/** Every checkpoint that is kept, with what its follower takes. */
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
    follower: activeGenerationIn(actives, projection),
    owner: firstGeneration(projection),
    types: projection.types,
    projection,
  }));
  const reacts = policies.map((policy) => [policyFollower(policy), policy.types] as const);
  const effects = senders.map(({ target }) => [effectFollower(target), deliveriesTo(target).types] as const);
  const others = [...reacts, ...effects].map(([name, types]) => ({ follower: name, owner: name, types }));
  return Promise.all(
    [...models, ...others].map(async (one) => ({ ...one, checkpoint: await documents.checkpoint(one.follower) })),
  );
};

/**
 * The generation in use, where it is of this version and sound; undefined where it has to be built anew.
 * @param trusted is the log the one that the checkpoints were made of?
 */
export const openFold = async (
  parts: FollowerStores,
  projection: Projection,
  fence: () => Fence,
  trusted: boolean,
  saving: SaveMode,
): Promise<Fold | undefined> => {
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
    return await Fold.open(parts, projection, active, fence, { ...found, saving });
  } catch (error) {
    // Somebody has dropped it since. Where another is in use by now, the next round takes that up.
    if (!isDropped(error) || (await documents.active(name)) !== active) throw error;
    onFault(error);
    return undefined;
  }
};

/** A policy, or what brings messages to a target, where its checkpoint left it. */
export const openPolicyFollower = async (
  parts: FollowerStores,
  policy: Policy,
  name: string,
  dispatch: Dispatch,
  fence: () => Fence,
  streams: FollowedStreams,
  trusted: boolean,
): Promise<PolicyFollower> => {
  const { documents, log, onFault } = parts;
  const tip = await log.tip();
  const checkpoint = await documents.checkpoint(name);
  const found = await checkCheckpoint(log, { follower: name, owner: name, types: policy.types, checkpoint }, trusted);
  // Begun again: what it has sent is recognised by its command ids.
  if ('fault' in found) onFault(found.fault);
  const known = 'fault' in found || !checkpoint ? undefined : { ...checkpoint, position: found.from };
  return PolicyFollower.open(parts, policy, dispatch, fence, streams, tip, known, name);
};
