import { Inject } from '@nestjs/common';
import { Args, ID, Query, Resolver } from '@nestjs/graphql';
import { Clock, Refused, type Contribution, type ReadModel } from '@baton/kernel';
import DataLoader from 'dataloader';
import type { CallerIdentity } from '../access';
import { someContributed } from '../contribution';
import { ReadModels, referenceInstantOf, type AsOf } from '../documents';
import { accessRefusal, Allow, Caller, everyRole, type Nodes } from './caller';
import { ReadArgs } from './connection';
import { assertWithinLimit } from './limits';
import { ANY_NODE, cutOf, NodeInterface, nodeOf, nodeTypes, withCut, type ShownNode } from './object-types';

/**
 * Loads nodes for one request: those of one level are read with one call of the store. How many ids a document has is
 * not known before, and each level multiplies them: so the nodes of a request are counted as they are asked for.
 */
export class NodeLoader implements Nodes {
  private asked = 0;
  /** By the read model or the contribution, and the cut. */
  private readonly loaders = new Map<object, Map<AsOf | undefined, DataLoader<string, unknown>>>();

  constructor(
    private readonly models: ReadModels,
    private readonly clock: Clock,
    /** False: for many requests, as those of subscribers. */
    private readonly isCounted = true,
  ) {}

  /**
   * @param parent the node that leads to it; it is read at the same cut
   * @throws Refused `access/denied`, `read/bad-id`, `graphql/too-costly`
   */
  async load(node: string, id: string, parent: object, caller: CallerIdentity | undefined): Promise<ShownNode | null> {
    if (node === ANY_NODE) {
      const [type, key] = splitGlobalId(id);
      if (!nodeTypes.has(type)) throw new Refused('read/bad-id', 'id must be the `id` of a node, unchanged.', 'id');
      return this.load(type, key, parent, caller);
    }
    const model = nodeTypes.modelOf(node);
    const denied = accessRefusal(caller ?? { roles: [] }, model.shown.allow);
    if (denied) throw denied;
    if (this.isCounted) assertWithinLimit('cost', ++this.asked);
    return this.nodesOf(model, cutOf(parent)).load(id);
  }

  async contributed(
    contribution: Contribution,
    id: string,
    node: object,
  ): Promise<Readonly<Record<string, unknown>> | undefined> {
    type Values = Readonly<Record<string, unknown>> | undefined;
    const cut = cutOf(node);
    const loader = this.loaderOf<Values>(contribution, cut, async (ids) => {
      const at = referenceInstantOf(cut, this.clock);
      const found = await someContributed(contribution, this.models.asOf(cut), [...new Set(ids)], at);
      return ids.map((one) => found.get(one));
    });
    return loader.load(id);
  }

  private nodesOf(model: ReadModel, cut: AsOf | undefined): DataLoader<string, ShownNode | null> {
    return this.loaderOf<ShownNode | null>(model, cut, async (ids) => {
      const found = await this.models.asOf(cut).getMany(model, [...ids]);
      const at = referenceInstantOf(cut, this.clock);
      return ids.map((one) => (found.has(one) ? nodeOf(model, one, found.get(one), at, cut) : null));
    });
  }

  private loaderOf<V>(
    of: object,
    cut: AsOf | undefined,
    read: (ids: readonly string[]) => Promise<V[]>,
  ): DataLoader<string, V> {
    const known = this.loaders.get(of) ?? new Map<AsOf | undefined, DataLoader<string, unknown>>();
    this.loaders.set(of, known);
    const loader = (known.get(cut) as DataLoader<string, V> | undefined) ?? new DataLoader(read, { cache: false });
    known.set(cut, loader as DataLoader<string, unknown>);
    return loader;
  }
}

/** One node by its id among all nodes. */
@Resolver()
export class NodeResolver {
  constructor(
    @Inject(ReadModels) private readonly models: ReadModels,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  @Query(() => NodeInterface, { nullable: true, description: 'One node by its `id`; null if there is none.' })
  @Allow(...everyRole)
  async node(
    @Args('id', { type: () => ID, description: 'The `id` of a node.' }) id: string,
    @Args() { asOf }: ReadArgs,
    @Caller() caller: CallerIdentity,
  ): Promise<ShownNode | null> {
    return new NodeLoader(this.models, this.clock).load(ANY_NODE, id, withCut(asOf), caller);
  }
}

const splitGlobalId = (id: string): [string, string] => {
  const text = Buffer.from(id, 'base64url').toString();
  const place = text.indexOf(':');
  return [text.slice(0, Math.max(0, place)), text.slice(place + 1)];
};
