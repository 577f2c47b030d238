import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAccessStream, toMs, type RawEvent } from '@baton/kernel';
import type { SlaPolicy } from '@baton/definitions';
import { disposition, firstResponse } from '@baton/sla-clocks';
import { type BreachChange, type Counterfactual } from '@baton/sales-sla';
import { baton, batonJson, Served, temporaryFolder } from './support/baton';
import { copyDemo } from './support/demo';

const folder = temporaryFolder();
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const immediate = ['duplicate', 'bad-contact-data'];
const dispositions = ['LeadAccepted', 'LeadRejected', 'LeadRecycled', 'LeadDisqualified'];

const policy = (response: string, clock: 'wall-clock' | 'business-calendar', decision: string): SlaPolicy => ({
  obligations: [
    firstResponse({ budget: response, clock, immediate }),
    disposition({ budget: decision, clock: 'wall-clock' }),
  ],
});
const calendar = {
  timeZone: 'UTC',
  hours: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' }],
};
const file = (name: string, body: object): string => {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(body));
  return path;
};

interface Lived {
  readonly id: string;
  readonly type: string;
  readonly data: Record<string, unknown>;
  readonly at: number;
}
/** When a time budget runs out: on the wall clock by addition, in business hours second by second. */
type Due = (start: number) => number;
const wall =
  (ms: number): Due =>
  (start) =>
    start + ms;
const businessHours =
  (ms: number): Due =>
  (start) => {
    let left = ms / 1000;
    let at = start;
    for (; left > 0; at += 1000) {
      const weekday = (Math.floor(at / DAY) + 4) % 7; // 1970-01-01 was a Thursday; 0 is Sunday
      const hour = Math.floor((at % DAY) / HOUR);
      if (weekday >= 1 && weekday <= 5 && hour >= 9 && hour < 17) left--;
    }
    return at;
  };

/**
 * The breaches of a history, computed from the definition: nobody answered a lead within the time after its handoff. A
 * new handoff starts a new clock; a lead that is disqualified or rejected at once needs no response; the clocks of a
 * merged lead wait.
 */
const breachesOf = (people: readonly (readonly Lived[])[], response: Due, decision: Due): ReadonlySet<string> => {
  const breaches = new Set<string>();
  for (const life of people)
    for (const [index, { id, type, data, at }] of life.entries()) {
      if (type !== 'LeadHandedOff' || data['external']) continue;
      const after = life.slice(index + 1);
      const again = after.findIndex((event) => event.type === 'LeadHandedOff');
      const until = again < 0 ? after : after.slice(0, again);
      const merged = life.findLast((event) => ['LeadMergedInto', 'LeadUnmergedFrom'].includes(event.type));
      const asleepFrom = merged?.type === 'LeadMergedInto' ? merged.at : Infinity;
      const judge = (
        kind: string,
        due: number,
        answers: (event: Lived) => boolean,
        ends: (event: Lived) => boolean,
      ) => {
        const first = until.find((event) => answers(event) || ends(event)) ?? (again < 0 ? undefined : after[again]);
        if (first ? first.at > due : due < asleepFrom) breaches.add(`${kind} ${id}`);
      };
      judge(
        'first-response',
        response(at),
        (event) =>
          event.type === 'TouchRecorded' && event.data['team'] === 'sales' && event.data['direction'] === 'outbound',
        (event) =>
          event.type === 'LeadDisqualified' ||
          (event.type === 'LeadRejected' && immediate.includes(event.data['reason'] as string)),
      );
      judge(
        'disposition',
        decision(at),
        (event) => dispositions.includes(event.type),
        () => false,
      );
    }
  return breaches;
};

describe("the demo's months under other agreements", () => {
  let people: (readonly Lived[])[];
  let log: string;
  const logText = async () => (await baton(folder, 'events')).stdout;
  const ask = (...options: string[]) => batonJson<Counterfactual>(folder, 'counterfactual', ...options);
  const changes = ({ sla }: Counterfactual) =>
    sla!.breaches.map(({ change, kind, startedBy }: BreachChange) => `${change} ${kind} ${startedBy}`).sort();

  beforeAll(async () => {
    await copyDemo(folder);
    log = await logText();
    const lives = new Map<string, Lived[]>();
    for (const line of log.split('\n').filter(Boolean)) {
      const { id, type, data, meta, stream } = JSON.parse(line) as RawEvent;
      if (!stream.startsWith('lead-')) continue;
      const life = lives.get(stream) ?? [];
      lives.set(stream, life);
      life.push({ id, type, data: data as Record<string, unknown>, at: toMs(meta.occurredAt) });
    }
    people = [...lives.values()].map((life) => life.sort((a, b) => a.at - b.at));
  });

  const five = policy('PT5M', 'wall-clock', 'PT24H');
  const day = policy('PT24H', 'wall-clock', 'P4D');
  const work = policy('PT8H', 'business-calendar', 'P1D');
  it.each([
    ['five minutes, then a day', five, day, wall(5 * 60_000), wall(DAY), wall(DAY), wall(4 * DAY)],
    ['a day, then five minutes', day, five, wall(DAY), wall(4 * DAY), wall(5 * 60_000), wall(DAY)],
    ['a day, then eight business hours', day, work, wall(DAY), wall(4 * DAY), businessHours(8 * HOUR), wall(DAY)],
  ])(
    'gain and lose the breaches of an independent count: %s',
    async (_, one, other, ...[response, decision, response2, decision2]) => {
      const hours = file('calendar.json', calendar);
      const answer = await ask(
        ...['--baseline-policy', file('one.json', one), '--policy', file('other.json', other)],
        ...['--calendar', hours, '--baseline-calendar', hours],
      );
      const before = breachesOf(people, response, decision);
      const after = breachesOf(people, response2, decision2);
      const expected = [...new Set([...before, ...after])].map(
        (clock) => `${before.has(clock) ? (after.has(clock) ? 'kept' : 'lost') : 'gained'} ${clock}`,
      );
      expect(changes(answer)).toEqual(expected.sort());
      const { gained, lost, kept } = answer.sla!.total;
      expect(gained + lost).toBeGreaterThan(20);
      expect(gained + lost + kept).toBe(expected.length);
      for (const rows of [answer.sla!.byKind, answer.sla!.byRep, answer.sla!.byMonth])
        expect(rows.reduce((sum, row) => sum + row.gained - row.lost, 0)).toBe(gained - lost);
    },
  );

  it('are what they were under the same agreements', async () => {
    const { sla, routing } = await ask(
      ...['--policy', 'sla-policy@1', '--calendar', 'business-calendar@1', '--routing', 'routing@1'],
    );
    expect(sla!.breaches.length).toBeGreaterThan(50);
    expect(sla!.breaches.filter(({ change }) => change !== 'kept')).toEqual([]);
    expect(routing!.qualified).toBeGreaterThan(50);
    expect(routing!.differing).toEqual([]);
  });

  it('leave the log as it was', async () => expect(await logText()).toBe(log));

  it('are available to analysts in pages, and to no salesperson', async () => {
    const served = await Served.start(folder);
    const query = `query ($policy: Json, $after: String, $change: BreachChangeKind) {
      slaCounterfactual(input: { policy: $policy }) {
        position total { gained lost kept } byRep { key gained } routedByRep { rep }
        breaches(first: 20, after: $after, change: $change) {
          totalCount pageInfo { hasNextPage endCursor }
          edges { node { leadId kind rep change alternative { dueAt state } baseline { definition state } } }
        }
      }
    }`;
    interface Page {
      readonly slaCounterfactual: {
        readonly total: { readonly gained: number; readonly lost: number; readonly kept: number };
        readonly breaches: {
          readonly totalCount: number;
          readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
          readonly edges: readonly { readonly node: BreachChange }[];
        };
      };
    }
    try {
      const nodes: BreachChange[] = [];
      let page: Page['slaCounterfactual'] | undefined;
      for (let after: string | null = null; !page || page.breaches.pageInfo.hasNextPage;) {
        const { data }: { data: Page } = await served.ask<Page>(query, ['analyst'], { policy: five, after });
        page = data.slaCounterfactual;
        nodes.push(...page.breaches.edges.map(({ node }) => node));
        after = page.breaches.pageInfo.endCursor;
      }
      const { gained, lost, kept } = page.total;
      expect(nodes).toHaveLength(gained + lost + kept);
      expect(
        new Set(nodes.map(({ leadId, kind, alternative }) => `${leadId} ${kind} ${alternative?.dueAt}`)).size,
      ).toBe(nodes.length);
      const only = await served.ask<Page>(query, ['revops'], { policy: five, change: 'GAINED' });
      expect(only.data.slaCounterfactual.breaches.totalCount).toBe(gained);
      expect(gained).toBeGreaterThan(0);

      const denied = await served.ask(query, ['sales'], { policy: five });
      expect(denied.errors?.[0]?.extensions.code).toBe('access/denied');
      const faulty = await served.ask(query, ['analyst'], { policy: { obligations: [{}] } });
      expect(faulty.errors?.[0]?.extensions).toMatchObject({ code: 'definition/invalid-body' });
    } finally {
      await served.stop();
    }
    const written = (await logText())
      .slice(log.length)
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as RawEvent);
    // A served log continues: what falls due by now is recorded, and what follows from it.
    const asked = written.filter(
      ({ meta, stream }) => !/^(clock$|policy:|effect:)/.test(meta.actor) && !isAccessStream(stream),
    );
    expect(asked.map(({ type }) => type)).toEqual(Array(3).fill('KeyIssued'));
  });
});
