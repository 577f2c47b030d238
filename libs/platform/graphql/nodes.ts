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
import { ANY_NODE, cutOf, documentOf, NodeInterface, nodeOf, nodeTypes, withCut, type ShownNode } from './object-types';

/**
 * Loads nodes for one request: those of one level are read with one call of the store. How many ids a document has is
 * not known before, and each level multiplies them: so the nodes of a request are counted as they are asked for.
 */
export class NodeLoader implements Nodes {
  private asked = 0;
  /** By the read model or the contribution, and the cut. */
  private readonly loaders = new Map<object, Map<AsOf | undefined, DataLoader<unknown, unknown>>>();

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
    node: ShownNode,
  ): Promise<Readonly<Record<string, unknown>> | undefined> {
    type Values = Readonly<Record<string, unknown>> | Error | undefined;
    const { to } = contribution;
    const cut = cutOf(node);
    const idOf = (one: ShownNode): string => String(one[to.shown.key]);
    const loader = this.loaderOf<ShownNode, Values>(contribution, cut, async (nodes) => {
      const documents = new Map(nodes.map((one) => [idOf(one), documentOf(to, one) as object]));
      const at = referenceInstantOf(cut, this.clock);
      const found = await someContributed(contribution, this.models.asOf(cut), documents, at);
      return nodes.map((one) => found.get(idOf(one)));
    });
    return loader.load(node) as Promise<Exclude<Values, Error>>;
  }

  private nodesOf(model: ReadModel, cut: AsOf | undefined): DataLoader<string, ShownNode | null> {
    return this.loaderOf<string, ShownNode | null>(model, cut, async (ids) => {
      const found = await this.models.asOf(cut).getMany(model, [...ids]);
      const at = referenceInstantOf(cut, this.clock);
      return ids.map((one) => (found.has(one) ? nodeOf(model, one, found.get(one), at, cut) : null));
    });
  }

  private loaderOf<K, V>(
    of: object,
    cut: AsOf | undefined,
    read: (keys: readonly K[]) => Promise<(V | Error)[]>,
  ): DataLoader<K, V> {
    const known = this.loaders.get(of) ?? new Map<AsOf | undefined, DataLoader<unknown, unknown>>();
    this.loaders.set(of, known);
    const loader = (known.get(cut) as DataLoader<K, V> | undefined) ?? new DataLoader<K, V>(read, { cache: false });
    known.set(cut, loader as DataLoader<unknown, unknown>);
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
