import {
  checkCommand,
  DecisionContext,
  EventLog,
  handle,
  Journal,
  Refused,
  type Outcome,
  type CommandRunner,
} from '@baton/kernel';
import { ReadModels } from '@baton/platform/documents';
import { reviewFacts } from '../../read/reviews/reviews.query';
import { reviewHash } from '../../read/reviews/reviews.read-model';
import { reviewDecider } from './review.decider';
import {
  reviewInputCommands,
  ToReview,
  type ReviewInputCommand,
  type ReviewCommand,
  type ReviewEvent,
  type ReviewFacts,
} from './review.events';

type HoldReviewCommand = Extract<ReviewInputCommand, { type: 'HoldReview' }>;

export class ReviewHandler implements CommandRunner<ToReview> {
  constructor(
    private readonly journal: Journal,
    private readonly context: DecisionContext,
    private readonly log: EventLog,
    private readonly models: ReadModels,
  ) {}

  /** Computes the figures of a review as of the end of the log, then decides. */
  async execute({ id, command }: ToReview): Promise<Outcome> {
    if (command.type !== 'HoldReview') return handle(this.journal, reviewDecider, id, command, this.context);
    const invalid = checkCommand(reviewInputCommands, command, this.context.clock);
    if (invalid) return invalid;
    try {
      const held = await this.held(id);
      if (held) return await this.hold(id, command, repeatedOutcome(held, command.data));
      const position = await this.log.tip();
      const now = command.meta.occurredAt ?? this.context.clock.now();
      const outcome = await this.hold(id, command, await reviewFacts(this.models, command.data, position, now));
      // The review was created meanwhile, perhaps by this very command: the earlier result stays.
      const first = outcome instanceof Refused ? await this.held(id) : undefined;
      return first ? await this.hold(id, command, repeatedOutcome(first, command.data)) : outcome;
    } catch (error) {
      if (error instanceof Refused) return error; // an unknown zone, an empty period
      throw error;
    }
  }

  private async held(id: string): Promise<ReviewFacts | undefined> {
    const [event] = (await this.journal.read(`review-${id}`)) as unknown as readonly ReviewEvent[];
    return event?.type === 'ReviewHeld' ? event.data : undefined;
  }

  private hold(id: string, { meta }: HoldReviewCommand, facts: ReviewFacts): Promise<Outcome> {
    const data = { ...facts, hash: reviewHash(facts) };
    return handle(this.journal, reviewDecider, id, { type: 'HoldReview', data, meta } as ReviewCommand, this.context);
  }
}

/** A repeated command returns the figures of the first: those of today differ. */
const repeatedOutcome = (
  { startsAt, endsAt, figures, position, definitions }: ReviewFacts,
  question: HoldReviewCommand['data'],
): ReviewFacts => ({
  ...question,
  startsAt,
  endsAt,
  figures,
  position,
  definitions,
});
