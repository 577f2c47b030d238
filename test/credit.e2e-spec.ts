import { Served, temporaryFolder } from './support/baton';

describe('credits through GraphQL', () => {
  const folder = temporaryFolder();
  let served: Served;
  let touchId = '';
  const ask = async <T>(query: string): Promise<T> => {
    const { data, errors } = await served.ask<T>(query, ['revops']);
    expect(errors).toBeUndefined();
    return data;
  };
  beforeAll(async () => {
    served = await Served.start(folder);
    const touch = (id: string, day: string, medium: string) =>
      `recordTouch(commandId: "${id}", occurredAt: "2024-03-0${day}T10:00:00Z", input: { leadId: "eve", action: "click", team: MARKETING, source: "example", medium: "${medium}" })`;
    for (const step of [
      'captureLead(commandId: "c1", input: { leadId: "eve", email: "eve@example.org" })',
      touch('c2', '1', 'organic'),
      touch('c3', '2', 'email'),
      touch('c4', '3', 'email'),
      'openOpportunity(commandId: "c5", input: { opportunityId: "deal", amount: { minor: 1000, currency: "EUR" } })',
      'addContactRole(commandId: "c6", input: { opportunityId: "deal", leadId: "eve" })',
      'winOpportunity(commandId: "c7", input: { opportunityId: "deal" })',
      'changeOpportunityAmount(commandId: "c8", input: { opportunityId: "deal", to: { minor: 400, currency: "EUR" } })',
    ]) {
      const sent = `mutation { it: ${step} { __typename ... on Refused { code message path } } }`;
      expect(await ask(sent)).toEqual({ it: { __typename: 'Accepted' } });
      await served.settle();
    }
  });
  afterAll(() => served.stop());

  it('are explained, with the refund as a reversing booking', async () => {
    const { credit } = await ask<{ credit: { credits: { touchId: string }[] } }>(
      `{ credit(journeyId: "deal", model: LINEAR, lookback: "none", parameters: { transforms: [{ kind: EXPOSURE }] }) {
           model divisor additive unattributed missing lookback amount { minor } definitions { attribution channelRules }
           credits { touchId weight share excluded milestones exact rounding revenue { minor }
             bookings { reason revenue { minor } } touch { channel } } } }`,
    );
    const booked = (share: number) => [
      { reason: 'CLOSE', revenue: { minor: 1000 * share } },
      { reason: 'AMOUNT_CHANGED', revenue: { minor: -600 * share } },
    ];
    expect(credit).toMatchObject({
      model: 'LINEAR',
      divisor: 2,
      additive: true,
      amount: { minor: 400 },
      definitions: { attribution: 'attribution@0', channelRules: 'channel-rules@0' },
      credits: [
        { weight: 0.5, share: 1, revenue: { minor: 200 }, exact: '200.000000', bookings: booked(0.5) },
        { weight: 0.5, share: 1, revenue: { minor: 200 }, bookings: booked(0.5), touch: { channel: 'email' } },
        { weight: 0, share: null, excluded: 'REPEATED', revenue: { minor: 0 }, bookings: [] },
      ],
    });
    touchId = credit.credits[1]!.touchId;
    const one = await ask(`{ credit(journeyId: "deal", touchId: "${touchId}") { credits { touchId } } }`);
    expect(one).toEqual({ credit: { credits: [{ touchId }] } });
  });
  it('are compared under several models, with the difference of each deal', async () => {
    const { compareModels } = await ask<{ compareModels: unknown }>(
      `{ compareModels(models: [FIRST_TOUCH, LINEAR], lookback: "none") {
           reports { model total { revenue { minor } } }
           rows { key credits { model difference { revenue { minor } } } }
           deals(first: 1) { totalCount edges { node { journeyId keys { key credits { revenue { minor } difference { revenue { minor } } } } } } } } }`,
    );
    expect(compareModels).toMatchObject({
      reports: [
        { model: 'FIRST_TOUCH', total: { revenue: [{ minor: 400 }] } },
        { model: 'LINEAR', total: { revenue: [{ minor: 400 }] } },
      ],
      deals: {
        totalCount: 1,
        edges: [
          {
            node: {
              journeyId: 'deal',
              keys: [
                { key: 'email', credits: [{ revenue: [{ minor: 0 }] }, { difference: { revenue: [{ minor: 266 }] } }] },
                { key: 'organic search', credits: [{}, { difference: { revenue: [{ minor: -266 }] } }] },
              ],
            },
          },
        ],
      },
    });
  });
  it('lead to the deal and the person, and come with the matrix of a model that has one', async () => {
    const { credit, compareModels } = await ask<{ credit: unknown; compareModels: unknown }>(
      `{ credit(journeyId: "deal", touchId: "${touchId}") { opportunity { status } credits { touch { lead { leadId } } } }
         compareModels(models: [MARKOV, LINEAR]) { reports { transitions { from to count } }
           deals { nodes { opportunity { opportunityId } keys { credits { model } } } } } }`,
    );
    expect(credit).toEqual({ opportunity: { status: 'WON' }, credits: [{ touch: { lead: { leadId: 'eve' } } }] });
    const [of, key] = [{ opportunityId: 'deal' }, { credits: [{ model: 'LINEAR' }] }];
    expect(compareModels).toEqual({
      reports: [
        { transitions: expect.arrayContaining([{ from: '(start)', to: 'organic search', count: 1 }]) as unknown },
        { transitions: null },
      ],
      deals: { nodes: [{ opportunity: of, keys: [key, key] }] },
    });
  });
  it.each([
    ['compareModels(models: []) { rows { key } }', 'graphql/invalid-argument', 'models'],
    ['compareModels(models: [LINEAR]) { deals(first: 501) { totalCount } }', 'graphql/invalid-argument', 'first'],
    ['paths(conversion: LOST) { lookback }', 'graphql/invalid-argument', 'conversion'],
    ['paths(top: 1001) { lookback }', 'graphql/invalid-argument', 'top'],
    ['attribution(order: 5) { lookback }', 'graphql/invalid-argument', 'order'],
    ['attribution(lookback: "") { lookback }', 'graphql/invalid-argument', 'lookback'],
    ['attribution(lookback: "90 days") { lookback }', 'time/not-a-duration', 'lookback'],
    ['credit(journeyId: "deal", model: MARKOV) { lookback }', 'attribution/needs-a-period', 'model'],
    [
      'attribution(parameters: { include: { when: [{ site: ["no such list"] }] } }) { lookback }',
      'attribution/unknown-site',
      'include.when.0.site',
    ],
  ])('are refused for %s', async (query, code, field) => {
    const { errors } = await served.ask(`{ ${query} }`, ['analyst']);
    expect(errors?.[0]?.extensions).toMatchObject({ code, field });
  });
  it('list the available models', async () => {
    const { attributionModels } = await ask<{ attributionModels: { code: string }[] }>(
      '{ attributionModels { model code name description additive dataDriven parameters } }',
    );
    expect(attributionModels).toContainEqual(
      expect.objectContaining({
        model: 'TIME_DECAY',
        code: 'time-decay',
        additive: true,
        dataDriven: false,
        parameters: ['halfLife'],
      }),
    );
    expect(attributionModels).toContainEqual(
      expect.objectContaining({ model: 'PARTICIPATION', code: 'participation', additive: false }),
    );
    expect(attributionModels).toContainEqual(expect.objectContaining({ model: 'MARKOV', dataDriven: true }));
  });
});
