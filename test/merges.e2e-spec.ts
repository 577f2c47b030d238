import fc, { type Scheduler } from 'fast-check';
import {
  Accepted,
  catalogueOf,
  DecisionContext,
  eventsOf,
  lookThrough,
  Refused,
  type Journal,
  type Outcome,
  type StoredEvent,
  type To,
  type ToAggregate,
} from '@baton/kernel';
import { FixedClock, foldAll, repetitions } from '@baton/kernel/testing';
import { leads, ToLead, type LeadDocument, type LeadEvent } from '@baton/leads';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { contextParts } from '../apps/contexts';
import { handlersOf } from './support/handlers';

const people = ['ada', 'bea', 'cyd'] as const;
const policies = contextParts.flatMap((parts) => parts.policies);
const catalogue = catalogueOf(eventsOf(contextParts));

/** The survivor of each lead, by each record: reserved, on the survivors, on the merged leads. */
class Merged {
  readonly reserved = new Map<string, string>();
  readonly recorded = new Map<string, string>();
  readonly followed = new Map<string, string>();
  private readonly numbers = new Map<number, string>();

  /** Takes the next event, and checks the invariants of every moment. */
  take({ type, data, revision }: StoredEvent): void {
    const join = (into: Map<string, string>, mergedLeadId: string, survivorId: string) => {
      expect([type, into.get(mergedLeadId)]).toEqual([type, undefined]); // one survivor at a time
      into.set(mergedLeadId, survivorId);
    };
    if (type === 'MergeReserved') {
      this.numbers.set(revision, data.mergedLeadId);
      join(this.reserved, data.mergedLeadId, data.leadId);
    }
    if (type === 'MergeReleased') this.reserved.delete(this.numbers.get(data.mergeNumber)!);
    if (type === 'LeadMerged') join(this.recorded, data.mergedLeadId, data.leadId);
    if (type === 'LeadUnmerged') this.recorded.delete(data.mergedLeadId);
    if (type === 'LeadMergedInto') join(this.followed, data.leadId, data.survivorId);
    if (type === 'LeadUnmergedFrom') this.followed.delete(data.leadId);
    // What either of two leads records is reserved at that time, and the reserved merges form a forest.
    const said = [...this.recorded, ...this.followed];
    for (const [merged, survivor] of said) expect(this.reserved.get(merged)).toBe(survivor);
    for (const merged of this.reserved.keys()) expect(survivorOf(this.reserved, merged)).not.toBe('nobody');
  }
}
/** The survivor at the end of the chain; undefined for a cycle. */
const survivorOf = (merged: ReadonlyMap<string, string>, leadId: string): string => {
  let survivor = leadId;
  for (let steps = 0; merged.has(survivor); survivor = merged.get(survivor)!)
    if (steps++ > people.length) return 'nobody';
  return survivor;
};

interface Told {
  readonly type: 'MergeLead' | 'UnmergeLead' | 'RecordTouch' | 'QualifyLead';
  readonly who: string;
  readonly other: string;
  /** In which of two processes. */
  readonly process: number;
  /** The process crashes at this call of the log, if ever. */
  readonly diesAt: number;
}

/** Processes that share a log, each with its own cache; a schedule decides whose call is next. */
class World {
  private readonly clock = new FixedClock();
  readonly log = EmbeddedEventLog.open(':memory:', this.clock);
  private readonly keys = new MemoryKeyStore();
  readonly journal = new SealedJournal(this.log, catalogue, this.keys);
  readonly outcomes: { readonly told: Told; readonly outcome: Outcome | 'killed' }[] = [];
  private readonly contexts = [0, 1, 2].map(() => new DecisionContext(this.clock));
  private sent = 0;

  constructor(private readonly schedule: Scheduler) {}

  /** The log as seen by a caller that may crash. */
  private journalFor(diesAt: number): Journal {
    let calls = 0;
    const turn = async () => {
      if (calls++ === diesAt) throw new Error('killed');
      await this.schedule.schedule(Promise.resolve());
    };
    return new Proxy<Journal>(this.journal, {
      get: (journal, name: 'append' | 'read') => {
        if (name !== 'append' && name !== 'read') return journal[name];
        return async (...args: unknown[]) => {
          await turn();
          const answer: unknown = await (journal[name] as (...all: unknown[]) => Promise<unknown>)(...args);
          await turn();
          return answer;
        };
      },
    });
  }

  private async send(to: ToAggregate, command: To, process: number, diesAt = Infinity): Promise<Outcome> {
    const journal = this.journalFor(diesAt);
    const context = this.contexts[process]!;
    return handlersOf(journal, context, this.keys)
      .get(to)!
      .execute(command as never);
  }

  async tell(told: Told): Promise<void> {
    const { type, who: leadId, other, process, diesAt } = told;
    const facts = {
      MergeLead: { mergedLeadId: other },
      UnmergeLead: { mergedLeadId: other },
      RecordTouch: { action: 'demo', team: 'marketing' },
      QualifyLead: { external: 'crm' },
    };
    const meta = { commandId: `command-${this.sent++}`, actor: 'connector:crm', origin: 'connector' } as const;
    const command = new ToLead(leadId, { type, data: { leadId, ...facts[type] }, meta } as never);
    const outcome = await this.send(ToLead, command, process, diesAt).catch((error: Error) => {
      if (error.message !== 'killed') throw error;
      return 'killed' as const;
    });
    this.outcomes.push({ told, outcome });
  }

  async capture(): Promise<void> {
    for (const leadId of people) {
      const meta = { commandId: `capture-${leadId}`, actor: 'tester', origin: 'person' } as const;
      await this.send(ToLead, new ToLead(leadId, { type: 'CaptureLead', data: { leadId, source: 'web' }, meta }), 0);
    }
  }

  /** All policies in parallel, each along the log, until it ends and nobody writes any more. */
  async follow(writing: () => boolean): Promise<void> {
    let after = '';
    for (;;) {
      const goesOn = writing();
      await this.schedule.schedule(Promise.resolve());
      const { events } = await this.log.readAll(after, {}, 1);
      if (events.length === 0 && !goesOn) return;
      for (const stored of events) {
        after = stored.position;
        const event = this.journal.decode(stored);
        const look = async (stream: string) =>
          (await this.journal.read(stream)).filter(({ position }) => position <= event.position);
        await Promise.all(
          policies.filter(({ types }) => types.includes(event.type)).map((policy) => this.react(policy, event, look)),
        );
      }
    }
  }
  private async react(
    policy: (typeof policies)[number],
    event: StoredEvent,
    look: (stream: string) => Promise<StoredEvent[]>,
  ) {
    for (const [index, { to, id, type, data }] of (await policy.react(event, lookThrough(look))).entries()) {
      const commandId = `${policy.name} ${event.position} ${index}`;
      const { occurredAt } = event;
      const meta = { commandId, actor: `policy:${policy.name}`, origin: 'system', occurredAt } as const;
      const outcome = await this.send(to, new to(id, { type, data, meta }), 2);
      // The commands of a policy about a merge are never refused.
      if (outcome instanceof Refused && policy.name === 'follow-merges')
        expect([type, outcome.code]).toEqual([type, '']);
    }
  }
}

/** Runs a history: the commands of a batch at once, with the policies. @returns the world at rest */
const play = async (schedule: Scheduler, batches: readonly (readonly Told[])[]): Promise<World> => {
  const world = new World(schedule);
  let writing = true;
  const written = (async () => {
    await world.capture();
    for (const batch of batches) await Promise.all(batch.map((told) => world.tell(told)));
  })().finally(() => (writing = false));
  await schedule.waitFor(Promise.all([written, world.follow(() => writing)]));
  return world;
};

/** The invariants: no cycle and no second survivor, ever; and in the end all records agree, and every lead is found. */
const mustHold = async (world: World): Promise<void> => {
  const events = (await world.log.readAll('', {}, 100_000)).events.map((event) => world.journal.decode(event));
  const merged = new Merged();
  for (const event of events) merged.take(event);
  expect(new Map([...merged.recorded].sort())).toEqual(new Map([...merged.reserved].sort()));
  expect(new Map([...merged.followed].sort())).toEqual(new Map([...merged.reserved].sort()));
  // Every lead is in the list, or merged into one that is.
  const documents = foldAll<LeadDocument>(leads, events as readonly StoredEvent<LeadEvent>[]);
  const listed = [...documents.values()].filter(({ mergedInto }) => mergedInto === undefined);
  const into = new Map(
    [...documents.values()].flatMap(({ leadId, mergedInto }) => (mergedInto ? [[leadId, mergedInto]] : [])),
  );
  for (const leadId of people)
    expect(listed.map((doc) => doc.leadId)).toContain(survivorOf(into as ReadonlyMap<string, string>, leadId));
};

const told = (type: Told['type'], who: string, other: string, process = 0): Told => ({
  ...{ type, who, other, process, diesAt: Infinity },
});
const anybody = fc.constantFrom(...people);
const anyTold = fc.record<Told>({
  type: fc.oneof(
    { weight: 6, arbitrary: fc.constant('MergeLead' as const) },
    { weight: 4, arbitrary: fc.constant('UnmergeLead' as const) },
    { weight: 1, arbitrary: fc.constantFrom('RecordTouch' as const, 'QualifyLead' as const) },
  ),
  who: anybody,
  other: anybody,
  process: fc.nat(1),
  diesAt: fc.oneof({ weight: 3, arbitrary: fc.constant(Infinity) }, { weight: 1, arbitrary: fc.nat(12) }),
});
const histories = fc.array(fc.array(anyTold, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 });

describe('merges, whoever sends them at once', () => {
  const runs = repetitions(500, 20_000);
  const codes = new Map<string, number>();
  const count = (code: string) => codes.set(code, (codes.get(code) ?? 0) + 1);

  it('leave no cycle, and every lead has a survivor', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), histories, async (schedule, batches) => {
        const world = await play(schedule, batches);
        try {
          await mustHold(world);
          for (const { told: each, outcome } of world.outcomes)
            if (/^(Merge|Unmerge)Lead$/.test(each.type))
              count(
                `${each.type} ${outcome === 'killed' ? outcome : outcome instanceof Refused ? outcome.code : 'done'}`,
              );
        } finally {
          await world.log.close();
        }
      }),
      { numRuns: runs },
    );
    process.stderr.write(
      `merges in ${runs} worlds: ${[...codes]
        .sort()
        .map((each) => each.join(' '))
        .join(', ')}\n`,
    );
  });
  it('were done, undone, refused and killed in those worlds', () =>
    expect([...codes.keys()]).toEqual(
      expect.arrayContaining([
        ...['MergeLead done', 'MergeLead killed', 'MergeLead lead/already-merged', 'MergeLead lead/merged'],
        ...['MergeLead lead/merge-with-itself', 'UnmergeLead done', 'UnmergeLead lead/not-merged'],
      ]),
    ));

  it.each([
    [
      'three in a ring',
      [told('MergeLead', 'ada', 'bea'), told('MergeLead', 'bea', 'cyd', 1), told('MergeLead', 'cyd', 'ada')],
    ],
    ['two into each other', [told('MergeLead', 'ada', 'bea'), told('MergeLead', 'bea', 'ada', 1)]],
    ['one into two', [told('MergeLead', 'ada', 'cyd'), told('MergeLead', 'bea', 'cyd', 1)]],
  ])('%s: one is refused, naming the survivor', async (_, batch) => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (schedule) => {
        const world = await play(schedule, [batch]);
        try {
          await mustHold(world);
          const refused = world.outcomes.filter(({ outcome }) => outcome instanceof Refused);
          expect(refused).toHaveLength(1);
          expect(refused[0]!.outcome).toMatchObject({
            code: expect.stringMatching(/^lead\/(already-)?merged$/) as string,
            details: { survivorId: expect.stringMatching(/^(ada|bea|cyd)$/) as string },
          });
          expect(world.outcomes.filter(({ outcome }) => outcome instanceof Accepted)).toHaveLength(batch.length - 1);
        } finally {
          await world.log.close();
        }
      }),
      { numRuns: 20 },
    );
  });
});
