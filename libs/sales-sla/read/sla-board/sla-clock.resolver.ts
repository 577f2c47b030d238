import { Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Clock, field, objectFields } from '@baton/kernel';
import { ReadModels, referenceInstantOf } from '@baton/platform/documents';
import { BatchRead, cutOf, documentOf, enumOf, nodeTypes, objectTypeOf } from '@baton/platform/graphql';
import { slaIntervalKinds, type Deadline } from '@baton/sla-clocks';
import { handoffs } from '../handoffs/handoffs.read-model';
import { workingOf } from './sla-board.query';
import { slaClocks } from './sla-clocks.read-model';
import {
  clockStates,
  knownStateOf,
  stateOf,
  type ClockFacts,
  type RecordedClock,
  type SlaClockState,
} from './sla-clocks.rules';

const Interval = objectTypeOf(
  objectFields('SlaInterval', 'An interval between start and due, and how it was counted.', {
    from: field.instant('Start of the interval.'),
    to: field.instant('End of the interval, exclusive.'),
    kind: field.enum(slaIntervalKinds, 'How it was counted.'),
    by: field.id('The event that paused the clock.', { optional: true }),
  }),
);
type ClockNode = ClockFacts & { readonly leadId: string };

/** What the document of a clock does not hold: its state, which its lead may change, and the working of its deadline. */
@Resolver(() => nodeTypes.of(slaClocks))
export class SlaClockResolver {
  /** Whether leads are merged into others. */
  private readonly merged: BatchRead<string, boolean>;
  private readonly workings: BatchRead<RecordedClock, Deadline['working']>;

  constructor(
    models: ReadModels,
    private readonly clock: Clock,
  ) {
    this.merged = new BatchRead(
      models,
      async (at, ids) => new Map([...(await at.getMany(handoffs, ids))].map(([id, { merged }]) => [id, merged])),
      false,
    );
    this.workings = new BatchRead<RecordedClock, Deadline['working']>(models, workingOf, []);
  }

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
  working(@Parent() node: ClockNode): Promise<Deadline['working']> {
    return this.workings.load(node, documentOf(slaClocks, node));
  }

  private async stateBy(stateIn: typeof stateOf, node: ClockNode): Promise<SlaClockState> {
    const mayWait = node.outcome === 'open' && !node.breachRecorded;
    const merged = mayWait && (await this.merged.load(node, node.leadId));
    return stateIn(node, referenceInstantOf(cutOf(node), this.clock), merged);
  }
}
