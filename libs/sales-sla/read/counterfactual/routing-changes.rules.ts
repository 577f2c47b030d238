import { Refused, type EnumerationValue, type Instant, type StoredEvent } from '@baton/kernel';
import { findQueue, type RoutingFields, type Routing } from '@baton/definitions';
import type { LeadEvent } from '@baton/leads';
import { factsAfter, profileNow, routableFacts, type OwnFacts } from '@baton/leads';
import { routingDecider } from '@baton/routing';
import type { RoutingCommand, RoutingEvent, routingChoices } from '@baton/routing';

/** Reps and their weights by queue; a rep with weight 0 gets no leads. */
export type Weights = Readonly<Record<string, Readonly<Record<string, number>>>>;
/** Routing rules with the version that set them. */
export interface NamedRouting {
  readonly definition: string;
  readonly body: Routing;
}

/** The alternative rules and weights, and the period. */
export interface Scenario {
  /** The routing rules at an instant; undefined if leads are not routed. */
  readonly routingAt: (at: Instant) => NamedRouting | undefined;
  /** True if a queue really routed leads at this instant. */
  readonly routedAt: (at: Instant) => boolean;
  readonly weights: Weights;
  /** Leads qualified at or after this instant; earlier ones stay as they were. */
  readonly from?: Instant | undefined;
  /** Leads qualified before this instant. */
  readonly to?: Instant | undefined;
}

/** The rep who got a qualified lead, and the rep who would have got it. */
export interface RoutedLead {
  readonly leadId: string;
  readonly qualifiedAt: Instant;
  /** The rep who got it: the queue’s choice, or the one it was handed to; null: nobody. */
  readonly baseline: string | null;
  /** The rep who would have got it; null if no rules are given. */
  readonly alternative: string | null;
  /** The reason, and the version. */
  readonly queue: string | null;
  readonly rule: string | null;
  readonly by: EnumerationValue<typeof routingChoices> | null;
  readonly definition: string | null;
}
/** Number of leads of one rep. */
export interface RepShare {
  readonly rep: string;
  readonly baseline: number;
  readonly alternative: number;
}

type Row = { -readonly [K in keyof RoutedLead]: RoutedLead[K] } & {
  readonly id: string;
  readonly facts: RoutingFields;
  choice?: string;
  decided: boolean;
};
type Queue = ReturnType<typeof routingDecider.initialState>;
const SYSTEM = { commandId: '', actor: 'counterfactual', origin: 'system' } as const;

/**
 * Assigns the qualified leads of a period again, one after the other, by other rules and weights. Membership and
 * absences are as recorded; a lead that is returned is returned by the rep who would have had it. Takes every event of
 * leads and queues in the order of the log. Reps named in the weights are members from the beginning of the period.
 */
export class RoutingReplay {
  private readonly queues = new Map<string, Queue>();
  private readonly facts = new Map<string, OwnFacts>();
  private readonly rows: Row[] = [];
  private readonly last = new Map<string, Row>();
  /** Queue members by the log, `queue rep`: an absence of anybody else applies to every queue of the alternative. */
  private readonly members = new Set<string>();
  private started = false;

  constructor(private readonly scenario: Scenario) {
    if (scenario.from === undefined) this.begin('');
  }

  see(event: StoredEvent<LeadEvent | RoutingEvent>): void {
    const { type, data, occurredAt } = event;
    if (!this.started && occurredAt >= this.scenario.from!) this.begin(occurredAt);
    if ('routingId' in data) return this.addQueueEvent(event as StoredEvent<RoutingEvent>);
    const { leadId } = data;
    this.facts.set(leadId, factsAfter(this.facts.get(leadId) ?? {}, event as StoredEvent<LeadEvent>));
    if (type === 'LeadQualified' && !data.external) this.qualified(event.id, leadId, occurredAt);
    if (type === 'LeadHandedOff' && !data.external) {
      const row = this.last.get(leadId);
      if (row) row.baseline = data.rep;
    }
  }

  private qualified(id: string, leadId: string, qualifiedAt: Instant): void {
    const { from, to, routedAt } = this.scenario;
    this.last.delete(leadId);
    if ((from !== undefined && qualifiedAt < from) || (to !== undefined && qualifiedAt >= to)) return;
    const nothing = { baseline: null, alternative: null, queue: null, rule: null, by: null, definition: null };
    const row: Row = {
      id,
      leadId,
      qualifiedAt,
      facts: routableFacts(profileNow(this.facts.get(leadId) ?? {})),
      ...nothing,
      decided: false,
    };
    this.rows.push(row);
    this.last.set(leadId, row);
    // If a queue was asked, leads are assigned in the order of its choices.
    if (!routedAt(qualifiedAt)) this.choose(row, qualifiedAt);
  }

  private addQueueEvent(event: StoredEvent<RoutingEvent>): void {
    const { type, data, occurredAt } = event;
    const { routingId: queue } = data;
    if (type === 'RepJoined') this.members.add(`${queue} ${data.rep}`);
    if (!this.started) return void this.queues.set(queue, routingDecider.evolve(this.queue(queue), event));
    switch (type) {
      case 'RepJoined':
        return this.join(queue, data.rep, this.weightOf(queue, data.rep) ?? data.weight, occurredAt);
      case 'RepLeft':
        return this.execute(queue, { type: 'LeaveQueue', data }, occurredAt);
      case 'RepMarkedAbsent':
      case 'RepMarkedAvailable': {
        const report = type === 'RepMarkedAbsent' ? 'MarkRepAbsent' : 'MarkRepAvailable';
        for (const routingId of [queue, ...this.addedQueuesOf(data.rep)])
          this.execute(routingId, { type: report, data: { routingId, rep: data.rep } }, occurredAt);
        return;
      }
      case 'RepBaselineSet':
        return; // the simulated queue sets its own baselines
      case 'RepChosen': {
        const row = this.last.get(data.leadId);
        if (row) {
          row.baseline = data.rep;
          row.choice = event.id;
          if (!row.decided) this.choose(row, occurredAt, data.notAtWork);
        } else if (this.inPeriod(occurredAt)) this.queues.set(queue, routingDecider.evolve(this.queue(queue), event));
        return;
      }
      case 'LeadUnassigned': {
        const row = this.last.get(data.leadId);
        const ours = row && row.queue !== null && (row.choice === undefined || row.choice === data.choice);
        const [routingId, choice] = ours ? [row.queue!, row.id] : [queue, data.choice];
        const { leadId } = data;
        return this.execute(
          routingId,
          { type: 'UnassignLead', data: { routingId, leadId, ...(choice && { choice }) } },
          occurredAt,
        );
      }
    }
  }

  private inPeriod(at: Instant): boolean {
    return this.scenario.to === undefined || at < this.scenario.to;
  }
  private queue(id: string): Queue {
    return this.queues.get(id) ?? routingDecider.initialState();
  }
  private weightOf(queue: string, rep: string): number | undefined {
    const { weights } = this.scenario;
    const reps = Object.hasOwn(weights, queue) ? weights[queue]! : {};
    return Object.hasOwn(reps, rep) ? reps[rep] : undefined;
  }
  /** The queues in which a rep is a member only in the alternative. */
  private addedQueuesOf(rep: string): string[] {
    return Object.keys(this.scenario.weights).filter(
      (queue) => this.weightOf(queue, rep) !== undefined && !this.members.has(`${queue} ${rep}`),
    );
  }

  /** Starts the simulation. */
  private begin(at: Instant): void {
    this.started = true;
    for (const [queue, reps] of Object.entries(this.scenario.weights))
      for (const [rep, weight] of Object.entries(reps)) this.join(queue, rep, weight, at);
  }

  private join(routingId: string, rep: string, weight: number, at: Instant): void {
    if (weight > 0) this.execute(routingId, { type: 'JoinQueue', data: { routingId, rep, weight } }, at);
    else this.execute(routingId, { type: 'LeaveQueue', data: { routingId, rep } }, at);
  }

  /** Runs a command on the simulated queue; a refusal changes nothing. */
  private execute(
    queue: string,
    { type, data }: Pick<RoutingCommand, 'type' | 'data'>,
    at: Instant,
    id = '',
    agreed?: NamedRouting,
  ): void {
    const definition = (kind: string) => agreed && { kind, version: 0, ref: agreed.definition, body: agreed.body };
    const command = { type, data, meta: SYSTEM } as RoutingCommand;
    const context = { now: at, mode: 'backfill', definition, idOf: () => id } as const;
    const decided = routingDecider.decide(this.queue(queue), command, context);
    if (decided instanceof Refused) return;
    for (const fact of decided)
      this.queues.set(queue, routingDecider.evolve(this.queue(queue), { ...fact, id, occurredAt: at }));
    const chosen = decided.find((fact) => fact.type === 'RepChosen');
    const row = chosen && this.last.get(chosen.data.leadId);
    if (!row) return;
    const { rep, rule, by } = chosen.data;
    Object.assign(row, { alternative: rep, queue, rule, by, definition: chosen.data.definition });
  }

  /** @param notAtWork who got no leads at that time, in whatever queue */
  private choose(row: Row, at: Instant, notAtWork?: readonly string[]): void {
    row.decided = true;
    const agreed = this.scenario.routingAt(at);
    if (!agreed) return;
    const { leadId, facts, id } = row;
    const { queue, rule, accountOwner } = findQueue(agreed.body, facts);
    const owner = accountOwner && facts.owner !== undefined ? { owner: String(facts.owner) } : {};
    const absent = notAtWork && { notAtWork: [...notAtWork] };
    const data = { routingId: queue, leadId, rule, ...owner, ...absent };
    this.execute(queue, { type: 'ChooseRep', data }, at, id, agreed);
  }

  /** The number of leads that each rep got and would have got, and the leads that would have gone to another rep. */
  result() {
    for (const row of this.rows.filter(({ decided }) => !decided)) {
      this.last.set(row.leadId, row);
      this.choose(row, row.qualifiedAt);
    }
    const shares = new Map<string, { baseline: number; alternative: number }>();
    const count = (rep: string | null, side: 'baseline' | 'alternative') => {
      if (rep === null) return;
      const share = shares.get(rep) ?? { baseline: 0, alternative: 0 };
      shares.set(rep, share);
      share[side]++;
    };
    for (const { baseline, alternative } of this.rows) {
      count(baseline, 'baseline');
      count(alternative, 'alternative');
    }
    return {
      qualified: this.rows.length,
      byRep: [...shares].map(([rep, share]): RepShare => ({ rep, ...share })).sort((a, b) => (a.rep < b.rep ? -1 : 1)),
      differing: this.rows
        .filter(({ baseline, alternative }) => baseline !== alternative)
        .map(({ facts: _, id: _id, choice: _choice, decided: _decided, ...row }): RoutedLead => row),
    };
  }
}
