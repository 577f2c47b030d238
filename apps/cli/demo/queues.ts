import { findQueue, type RoutingFields } from '@baton/definitions';
import { fromMs, Refused, toMs } from '@baton/kernel';
import { routingDecider, type RoutingCommand } from '@baton/routing';
import { randomOf } from './random';
import { reps, routingRules } from './sales';
import { DAY, HOUR, MINUTE, storyWriter, type DemoStep, type Period } from './story';

/** A point where a story needs the queues of reps: to choose a rep, or to give a turn back. */
export type QueueQuestion = { readonly at: number; readonly leadId: string } & (
  { readonly what: 'choose'; readonly lead: RoutingFields } | { readonly what: 'return' }
);
/** A story runs up to its next question to the queues, and continues with the rep that they choose. */
export type LeadStory = Generator<QueueQuestion, void, string>;

/** The time on the first day at which the queues are created. */
const OPENED = 18 * HOUR;
/** A rep who joins later than the others. */
const LATE = { rep: 'rep-hal', day: 120 } as const;

/** Who is in which queue, and when reps are away: each rep two to four times. */
export const queueSteps = (seed: number, period: Period): DemoStep[] => {
  const steps: DemoStep[] = [];
  for (const [index, { id: rep, queue, share: weight }] of reps.entries()) {
    const joins = period.begin + OPENED + (rep === LATE.rep ? LATE.day * DAY : 0) + index * MINUTE;
    const { add, wait, over } = storyWriter(steps, joins, period);
    const random = randomOf(seed, 'absences', rep);
    add('routing', queue, 'revops-tilda', 'JoinQueue', { rep, weight }, 'between');
    wait(random.int(20, 120) * DAY);
    while (!over()) {
      add('routing', queue, rep, 'MarkRepAbsent', { rep }, 'between');
      wait(random.int(4, 16) * DAY);
      add('routing', queue, rep, 'MarkRepAvailable', { rep }, 'between');
      wait(random.int(90, 200) * DAY);
    }
  }
  return steps;
};

/** The state of the queues while the stories are made up, by the same decider that will choose. */
class Queues {
  private readonly states = new Map<string, ReturnType<typeof routingDecider.initialState>>();
  private readonly queueOf = new Map<string, string>();
  private sent = 0;

  /** @returns the rep named by the event; throws the refusal */
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
 * Runs all stories to their ends. The story with the earliest question to the queues continues first, in the order in
 * which the steps will be sent; at the same instant, the story with the lower number.
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
