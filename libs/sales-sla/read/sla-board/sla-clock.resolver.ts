import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Clock, enumField, idField, instantField, objectFields } from '@baton/kernel';
import { ReadModels, referenceInstantOf } from '@baton/platform/documents';
import { cutOf, enumOf, nodeTypes, objectTypeOf } from '@baton/platform/graphql';
import { slaIntervalKinds, type Deadline } from '@baton/sla-clocks';
import DataLoader from 'dataloader';
import { handoffs } from '../handoffs/handoffs.read-model';
import { workingOf } from './sla-board.query';
import { slaClocks } from './sla-clocks.read-model';
import { clockStates, knownStateOf, stateOf, type ClockFacts, type SlaClockState } from './sla-clocks.rules';

const Interval = objectTypeOf(
  objectFields('SlaInterval', 'An interval between start and due, and how it was counted.', {
    from: instantField('Start of the interval.'),
    to: instantField('End of the interval, exclusive.'),
    kind: enumField(slaIntervalKinds, 'How it was counted.'),
    by: idField('The event that paused the clock.', { optional: true }),
  }),
);
type ClockNode = ClockFacts & { readonly clockId: string; readonly leadId: string };

/** What the document of a clock does not hold: its state, which its lead may change, and the working of its deadline. */
@Resolver(() => nodeTypes.of(slaClocks))
export class SlaClockResolver {
  /** Whether leads are merged into others, by the cut: those of one answer are read with one call. */
  private readonly merged = new WeakMap<object, DataLoader<string, boolean>>();

  constructor(
    private readonly models: ReadModels,
    private readonly clock: Clock,
  ) {}

  @ResolveField(() => enumOf(clockStates), { description: 'The state by when things happened.' })
  state(@Parent() node: ClockNode): Promise<SlaClockState> {
    return this.stateBy(stateOf, node);
  }

  @ResolveField(() => enumOf(clockStates), {
    description: 'The state by when things were recorded: a recorded breach stays a breach.',
  })
  knownState(@Parent() node: ClockNode): Promise<SlaClockState> {
    return this.stateBy(knownStateOf, node);
  }

  @ResolveField(() => [Interval], {
    description:
      'The calculation of the deadline: the intervals from the start to due, or to the pause, without gaps; the counted ones sum to the budget.',
  })
  async working(@Parent() node: ClockNode): Promise<Deadline['working']> {
    const models = this.models.asOf(cutOf(node));
    const clock = await models.get(slaClocks, node.clockId);
    return clock ? workingOf(models, clock) : [];
  }

  private async stateBy(stateIn: typeof stateOf, node: ClockNode): Promise<SlaClockState> {
    const cut = cutOf(node);
    const mayWait = node.outcome === 'open' && !node.breachRecorded;
    const merged = mayWait && (await this.mergedAt(cut ?? this.models, this.models.asOf(cut)).load(node.leadId));
    return stateIn(node, referenceInstantOf(cut, this.clock), merged);
  }

  private mergedAt(key: object, models: ReadModels): DataLoader<string, boolean> {
    const known =
      this.merged.get(key) ??
      new DataLoader<string, boolean>(
        async (ids) => {
          const found = await models.getMany(handoffs, [...new Set(ids)]);
          return ids.map((id) => found.get(id)?.merged ?? false);
        },
        { cache: false },
      );
    this.merged.set(key, known);
    return known;
  }
}
