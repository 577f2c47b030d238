import { findQueue, type RoutingFields } from '@baton/definitions';
import { fromMs, Refused, toMs } from '@baton/kernel';
import { routingDecider, type RoutingCommand } from '@baton/routing';
import { randomOf } from './random';
import { reps, routingRules } from './sales';
import { DAY, HOUR, MINUTE, storyWriter, type DemoStep, type Period } from './story';

/** Where a story cannot go on without the queues of reps: whose turn is it; or, a turn is given back. */
export type QueueQuestion = { readonly at: number; readonly leadId: string } & (
  { readonly what: 'choose'; readonly lead: RoutingFields } | { readonly what: 'return' }
);
/** A story that is told up to its next question to the queues, and goes on with the rep that they name. */
export type LeadStory = Generator<QueueQuestion, void, string>;

/** When on the first day the queues are made. */
const OPENED = 18 * HOUR;
/** A rep who joins later than the others. */
const LATE = { rep: 'rep-hal', day: 120 } as const;

/** Who takes part in which queue, and who is away when: each rep twice to four times. */
export const queueSteps = (seed: number, period: Period): DemoStep[] => {
  const steps: DemoStep[] = [];
  for (const [index, { id: rep, queue, share: weight }] of reps.entries()) {
    const joins = period.begin + OPENED + (rep === LATE.rep ? LATE.day * DAY : 0) + index * MINUTE;
    const { tell, wait, over } = storyWriter(steps, joins, period);
    const random = randomOf(seed, 'absences', rep);
    tell('routing', queue, 'revops-tilda', 'JoinQueue', { rep, weight }, 'between');
    wait(random.int(20, 120) * DAY);
    while (!over()) {
      tell('routing', queue, rep, 'MarkRepAbsent', { rep }, 'between');
      wait(random.int(4, 16) * DAY);
      tell('routing', queue, rep, 'MarkRepAvailable', { rep }, 'between');
      wait(random.int(90, 200) * DAY);
    }
  }
  return steps;
};

/** The queues as they stand while the stories are made up: the same decider that will choose. */
class Queues {
  private readonly states = new Map<string, ReturnType<typeof routingDecider.initialState>>();
  private readonly queueOf = new Map<string, string>();
  private sent = 0;

  /** @returns the rep that an event of it names; throws the refusal */
  send(queue: string, at: number, type: string, data: object): string {
    const commandId = `turn-${++this.sent}`;
    const meta = { commandId, actor: 'story', origin: 'system' };
    const now = fromMs(at);
    const context = {
      now,
      mode: 'backfill' as const,
      definition: (kind: string) => ({ kind, version: 1, ref: `${kind}@1`, body: routingRules }),
      idOf: (index: number) => `${commandId}-${index}`,
    };
    let state = this.states.get(queue) ?? routingDecider.initialState();
    const facts = routingDecider.decide(
      state,
      { type, data: { routingId: queue, ...data }, meta } as RoutingCommand,
      context,
    );
    if (facts instanceof Refused) throw facts;
    for (const [index, fact] of facts.entries())
      state = routingDecider.evolve(state, { ...fact, id: context.idOf(index), occurredAt: now });
    this.states.set(queue, state);
    return facts[0]?.data.rep ?? '';
  }

  answer({ leadId, at, ...asking }: QueueQuestion): string {
    if (asking.what === 'return') return this.send(this.queueOf.get(leadId)!, at, 'UnassignLead', { leadId });
    const { queue, rule } = findQueue(routingRules, asking.lead);
    this.queueOf.set(leadId, queue);
    return this.send(queue, at, 'ChooseRep', { leadId, rule });
  }
}

/**
 * Tells stories to their ends: whoever's question to the queues is the earliest goes on first, as it will be when the
 * steps are sent. Of questions of the same instant that of the earlier story is the first.
 * @param changes of the queues, in the order of time
 */
export const runStories = (stories: readonly LeadStory[], changes: readonly DemoStep[]): void => {
  const queues = new Queues();
  const waiting = stories.flatMap((story, place) => {
    const first = story.next();
    return first.done ? [] : [{ story, place, asking: first.value }];
  });
  let changed = 0;
  while (waiting.length > 0) {
    const next = waiting.reduce((a, b) =>
      b.asking.at < a.asking.at || (b.asking.at === a.asking.at && b.place < a.place) ? b : a,
    );
    for (; changed < changes.length && toMs(changes[changed]!.at) <= next.asking.at; changed++) {
      const { id, at, type, data } = changes[changed]!;
      queues.send(id, toMs(at), type, data);
    }
    const { done, value } = next.story.next(queues.answer(next.asking));
    if (done) waiting.splice(waiting.indexOf(next), 1);
    else next.asking = value;
  }
};
