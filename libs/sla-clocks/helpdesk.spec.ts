import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { DateTime } from 'luxon';
import { DAY_MS, durationMs, fromMs, instantOf, toMs } from '@baton/kernel';
import { weekdays, type Obligation } from '@baton/definitions';
import { dataFile, describeWithData } from '../../test/support/data';
import { compileCalendar } from './calendar.rules';
import { obligations, clockStatus, type ClockInput, type SlaState } from './obligations.rules';
import { firstResponse, resolution } from './ready-made.rules';

const file = 'helpdesk-event-log/helpdesk.csv.gz';
const timeZone = 'Europe/Rome';
const RESPONSE = 'PT4H';
const RESOLUTION = 'PT80H';

interface Activity {
  readonly name: string;
  readonly at: number;
}
const casesOf = (csv: string): Map<string, Activity[]> => {
  const cases = new Map<string, Activity[]>();
  for (const row of csv.trimEnd().split('\n').slice(1)) {
    const [id, name, , at] = row.split(',') as [string, string, string, string];
    const activities = cases.get(id) ?? [];
    activities.push({ name, at: toMs(instantOf(at)) });
    cases.set(id, activities);
  }
  return cases;
};

/** A ticket as a lead: handed off by its first activity, and every activity a touch of the team. */
const eventsOf = (activities: readonly Activity[]): ClockInput[] => [
  { id: 'handoff', type: 'LeadHandedOff', data: {}, occurredAt: fromMs(activities[0]!.at) },
  ...activities.map(({ name, at }, index) => ({
    id: `activity-${index}`,
    type: 'TouchRecorded',
    data: { action: name, team: 'sales', direction: name === 'Take in charge ticket' ? 'outbound' : 'inbound' },
    occurredAt: fromMs(at),
  })),
];
const doing = (action: string) => [{ event: 'TouchRecorded', where: [{ field: 'action', in: [action] }] }];
const waiting = { pause: doing('Wait'), resume: [{ event: '*' }] };
const policy: { obligations: Obligation[] } = {
  obligations: [
    { ...firstResponse({ budget: RESPONSE, clock: 'business-calendar' }), ...waiting },
    {
      ...resolution({ budget: RESOLUTION, clock: 'business-calendar' }),
      ...waiting,
      stop: doing('Resolve ticket'),
      last: true,
    },
  ],
};
const calendar = compileCalendar({
  timeZone,
  hours: [{ days: weekdays.slice(0, 5), from: '09:00', to: '18:00' }],
});

/** The office hours of each day, by the calendar of the operating system. */
const hours = new Map<number, readonly [number, number] | undefined>();
const hoursOn = (day: number) => {
  if (!hours.has(day)) {
    const [year, month, date] = fromMs(day * DAY_MS)
      .slice(0, 10)
      .split('-')
      .map(Number) as [number, number, number];
    const at = (hour: number) => DateTime.fromObject({ year, month, day: date, hour }, { zone: timeZone });
    hours.set(day, at(9).weekday > 5 ? undefined : [at(9).toMillis(), at(18).toMillis()]);
  }
  return hours.get(day);
};
/** Office time between two instants. */
const worked = (from: number, to: number): number => {
  let sum = 0;
  for (let day = Math.floor(from / DAY_MS) - 1; day * DAY_MS < to + DAY_MS; day++) {
    const [opens, closes] = hoursOn(day) ?? [0, 0];
    sum += Math.max(0, Math.min(to, closes) - Math.max(from, opens));
  }
  return sum;
};

describeWithData('a help desk’s tickets as SLA clocks', [file], () => {
  const cases = casesOf(gunzipSync(readFileSync(dataFile(file))).toString('utf8'));
  const now = Math.max(...[...cases.values()].map((activities) => activities.at(-1)!.at)) + 30 * DAY_MS;

  /** Office time without the pauses, and the state, computed by subtraction, without a deadline. */
  const stateByHand = (activities: readonly Activity[], stop: Activity | undefined, budgetMs: number): SlaState => {
    const start = activities[0]!.at;
    const spent = (until: number) =>
      activities.reduce(
        (sum, { name, at }, index) =>
          name === 'Wait' && at < until ? sum - worked(at, Math.min(until, activities[index + 1]?.at ?? until)) : sum,
        worked(start, until),
      );
    // On time if some of the budget was left a second earlier: the log has whole seconds.
    if (stop) return stop.at === start || spent(stop.at - 1000) < budgetMs ? 'met' : 'met late';
    return spent(now) >= budgetMs ? 'breached' : 'running';
  };

  const count = (states: readonly SlaState[]) =>
    states.reduce<Record<string, number>>((counts, state) => ({ ...counts, [state]: (counts[state] ?? 0) + 1 }), {});
  const fold = obligations(policy, calendar);

  it('gives each ticket the result of an independent computation', () => {
    const first: SlaState[] = [];
    const last: SlaState[] = [];
    const different: string[] = [];
    let unanswered = 0;
    let unresolved = 0;
    for (const [id, activities] of cases) {
      const clocks = fold(eventsOf(activities));
      expect(clocks.map(({ kind }) => kind)).toEqual(['first-response', 'resolution']);
      const [response, resolved] = clocks.map((clock) => clockStatus(clock, fromMs(now)).state) as [SlaState, SlaState];
      const answer = activities.find(({ name }) => name === 'Take in charge ticket');
      const end = activities.findLast(({ name }) => name === 'Resolve ticket');
      unanswered += clocks[0]!.metAt === undefined ? 1 : 0;
      unresolved += clocks[1]!.metAt === undefined ? 1 : 0;
      first.push(response);
      last.push(resolved);
      const byHand = [
        stateByHand(activities, answer, durationMs(RESPONSE)),
        stateByHand(activities, end, durationMs(RESOLUTION)),
      ];
      if (byHand[0] !== response || byHand[1] !== resolved)
        different.push(`${id}: ${response}, ${resolved}; by hand ${byHand.join(', ')}`);
    }
    expect(different).toEqual([]);
    expect([cases.size, unanswered, unresolved]).toEqual([4580, 295, 11]);
    // Both budgets must split the tickets, or the comparison would mean little.
    for (const counts of [count(first), count(last)])
      for (const state of ['met', 'met late', 'breached'] as const) expect(counts[state]).toBeGreaterThan(5);
  });
});
