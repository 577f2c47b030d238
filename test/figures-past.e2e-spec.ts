import { randomUUID } from 'node:crypto';
import { Clock } from '@baton/kernel';
import { figures } from '../libs/insights/figures/catalogue.rules';
import { Served, temporaryFolder } from './support/baton';
import { copyDemo, DEMO_DAY } from './support/demo';

const NOON = `${DEMO_DAY}T12:00:00.000Z`;
class StoppedClock extends Clock {
  now() {
    return NOON;
  }
}
const VALUE = '{ value numerator denominator support open missing }';
const COUNTS =
  '{ code total { value amount { minor currency } numerator denominator support } groups { key values { value support } } }';
/** Every report of figures, with arguments that leave no field without a value. */
const questions: Readonly<Record<string, readonly [args: string, fields: string]>> = {
  figures: [
    'codes: [CAPTURED_LEADS, WON_DEALS, WON_AMOUNT, WIN_RATE, LEAD_TO_MQL, STAGE_ENTRIES, TIME_IN_STAGE, HANDOFFS, TOUCHES, JOURNEY_MEAN, LEAD_PATHS, REQUALIFIED_RATE], by: MONTH',
    `{ from to figures ${COUNTS} }`,
  ],
  funnel: [
    'steps: ["lead", "mql", "handed-off", "sql", "customer"], by: SOURCE, window: "P90D"',
    `{ steps { name entered ${VALUE} rate ${VALUE} median ${VALUE} } groups { key steps { entered ${VALUE} } } bottleneck slowest }`,
  ],
  stageConversions: [
    'by: SOURCE',
    `{ pairs { from to converted ended open cohortOpen rate ${VALUE} groups { key converted } } }`,
  ],
  timeInStage: [
    'over: DEALS, by: OWNER',
    `{ stages { stage entered ${VALUE} median ${VALUE} histogram { from to count } groups { key median ${VALUE} } } }`,
  ],
  journeyLegs: [
    'by: OWNER',
    `{ journey { mean ${VALUE} } legs { begins mean ${VALUE} skipped ${VALUE} groups { key } } }`,
  ],
  speedToLead: ['timeZone: "UTC"', `{ rows { answered handoffs ${VALUE} contacted ${VALUE} becameSql ${VALUE} } }`],
  processView: [
    'over: ACTIVITIES',
    `{ variantCount variants { variant paths ${VALUE} } transitions { transition transitions ${VALUE} } }`,
  ],
  funnelRows: ['steps: ["lead", "mql"], step: 2, first: 20', '{ totalCount nodes { id leadId at } }'],
};

describe('figures of the past', () => {
  const folder = temporaryFolder();
  let served: Served;
  beforeAll(async () => {
    await copyDemo(folder);
    served = await Served.start(folder, [], new StoppedClock());
  });
  afterAll(() => served?.stop());

  const ask = async (asOf: string): Promise<Record<string, unknown>> => {
    const answers: [string, unknown][] = [];
    for (const [name, [args, fields]] of Object.entries(questions)) {
      const { data, errors } = await served.ask<{ it: unknown }>(`{ it: ${name}(${args}${asOf}) ${fields} }`, [
        'analyst',
      ]);
      if (errors) throw new Error(`${name}: ${JSON.stringify(errors)}`);
      answers.push([name, data.it]);
    }
    return Object.fromEntries(answers);
  };
  /** The total of every figure of the catalogue, by its code. */
  const askAll = async (args: string): Promise<ReadonlyMap<string, string>> => {
    const codes = figures.map(({ code }) => code.toUpperCase().replaceAll('-', '_'));
    const totals = new Map<string, string>();
    for (let from = 0; from < codes.length; from += 30) {
      const { data, errors } = await served.ask<{ it: { figures: { code: string }[] } }>(
        `{ it: figures(codes: [${codes.slice(from, from + 30).join(', ')}]${args}) { figures { code definitions total { value numerator denominator support open missing } } } }`,
        ['analyst'],
      );
      if (errors) throw new Error(JSON.stringify(errors));
      for (const { code, ...answer } of data.it.figures) totals.set(code, JSON.stringify(answer));
    }
    return totals;
  };
  const tell = async (command: string) => {
    const query = `mutation { it: ${command.replace('(', `(commandId: "${randomUUID()}", `)} { __typename ... on Refused { code message } } }`;
    const { data, errors } = await served.ask<{ it: object }>(query, ['admin']);
    expect({ command, errors, it: data.it }).toEqual({ command, errors: undefined, it: { __typename: 'Accepted' } });
  };

  it('do not change when events arrive that were not known then, whenever they happened', async () => {
    const position = await served.settle();
    const cut = `, asOf: { knownAt: "${position}" }`;
    const [known, live] = [await ask(cut), await ask('')];
    const [allKnown, allLive] = [await askAll(cut), await askAll('')];
    expect(allKnown.size).toBe(figures.length);
    const late = 'occurredAt: "2023-09-05T10:00:00Z"';
    await tell(`captureLead(${late}, input: { leadId: "late", source: "fair", company: "Late" })`);
    await tell(`recordTouch(${late}, input: { leadId: "late", action: "webinar", team: MARKETING })`);
    await tell(
      `openOpportunity(${late}, input: { opportunityId: "late", stage: "Discovery", amount: { minor: 100, currency: "EUR" } })`,
    );
    await tell('addContactRole(input: { opportunityId: "late", leadId: "late" })');
    await tell('winOpportunity(occurredAt: "2023-10-05T10:00:00Z", input: { opportunityId: "late" })');
    await served.settle();
    expect(await ask(cut)).toEqual(known);
    expect(Object.fromEntries(await askAll(cut))).toEqual(Object.fromEntries(allKnown));
    const allNow = await askAll('');
    const moved = [...allNow].filter(([code, answer]) => answer !== allLive.get(code)).map(([code]) => code);
    const expected = [
      'CAPTURED_LEADS',
      'OPENED_DEALS',
      'WON_DEALS',
      'WIN_RATE',
      'WON_AMOUNT',
      'VELOCITY',
      'DEAL_CYCLE',
    ];
    expect(moved).toEqual(expect.arrayContaining([...expected, 'TOUCHES', 'DEAL_CHANGES', 'STAGE_ENTRIES']));
    const now = await ask('');
    const changed = Object.keys(questions).filter((name) => JSON.stringify(now[name]) !== JSON.stringify(live[name]));
    expect(changed).toEqual(Object.keys(questions).filter((name) => !['speedToLead', 'funnelRows'].includes(name)));
  });

  it('are those of what had happened by a day of the imported history', async () => {
    const day = '2023-10-01T00:00:00.000Z';
    const { figures: shown, funnel } = (await ask(`, asOf: { happenedBy: "${day}" }`)) as {
      figures: { figures: readonly { code: string; total: readonly { value: string }[] }[] };
      funnel: { steps: readonly { entered: { value: string } }[] };
    };
    const value = (code: string) => Number(shown.figures.find((one) => one.code === code)!.total[0]!.value);
    const { data } = await served.ask<{ captured: { totalCount: number }; won: { totalCount: number } }>(
      `{ captured: leads(filter: { capturedAt: { to: "${day}" } }) { totalCount }
         won: opportunities(filter: { status: { in: [WON] }, closedAt: { to: "${day}" } }) { totalCount } }`,
      ['analyst'],
    );
    expect(data.captured.totalCount).toBeGreaterThan(20);
    expect(data.won.totalCount).toBeGreaterThan(0);
    expect(value('CAPTURED_LEADS')).toBe(data.captured.totalCount);
    expect(Number(funnel.steps[0]!.entered.value)).toBe(data.captured.totalCount);
    expect(value('WON_DEALS')).toBe(data.won.totalCount);
    // Of every figure; deals and the work of sales are never dated back, so that day is the same as the period up to it.
    const [then, upTo] = [await askAll(`, asOf: { happenedBy: "${day}" }`), await askAll(`, to: "${day}"`)];
    expect(then.size).toBe(figures.length);
    const unchanging = ['OPENED_DEALS', 'SALES_MINUTES', 'DEAL_CHANGES', 'DEAL_STAGE_ENTRIES'];
    for (const code of unchanging) expect([code, then.get(code)]).toEqual([code, upTo.get(code)]);
  });
});
