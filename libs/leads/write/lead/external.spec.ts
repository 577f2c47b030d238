import type { CommandMeta, Definition, Json } from '@baton/kernel';
import { specFor } from '@baton/kernel/testing';
import { world } from '../../../../test/support/lead-world';
import { leadDecider } from './lead.decider';
import type { LeadCommand } from './lead.events';

const given = specFor(leadDecider);
const leadId = 'ada';
const agreed = (kind: string, body: unknown): Definition => ({
  ...{ kind, version: 1, ref: `${kind}@1`, body: body as Json },
});
const size = (gte: number) => ({ criteria: { field: 'employees', gte } });
const captured = { type: 'LeadCaptured', data: { leadId, employees: 20 } } as const;
const qualified = { type: 'LeadQualified', data: { leadId, definition: 'mql@1' } } as const;
const handedOff = { type: 'LeadHandedOff', data: { leadId, rep: 'rita', definition: 'mql@1', count: 1 } } as const;

const crm: Partial<CommandMeta> = { actor: 'connector:crm', origin: 'connector' };
/** Every move that another system may report. */
const past = {
  QualifyLead: {},
  HandOffLead: { rep: 'rita' },
  AcceptLead: {},
  RejectLead: { reason: 'no-need' },
  RecycleLead: { reason: 'no-budget' },
  SalesQualifyLead: {},
  ConvertLead: { opportunityId: 'o1' },
  DisqualifyLead: { reason: 'spam' },
} as const;
type Move = keyof typeof past;
const say = (type: Move, meta: Partial<CommandMeta> = crm, external = 'crm', more: object = {}) =>
  ({ type, data: { leadId, ...past[type], external, ...more }, meta }) as unknown as LeadCommand;

describe('a decision of another system', () => {
  it('is among the commands tested here', () => {
    const named = [...leadDecider.commands.schemas.values()].filter(({ object }) => 'external' in object.properties);
    expect(named.map(({ type }) => type).sort()).toEqual(Object.keys(past).sort());
  });
  for (const type of Object.keys(past) as Move[]) {
    it.each<[string, Partial<CommandMeta>]>([
      ['the connector of that system', crm],
      ['an import', { actor: 'import:crm-leads', origin: 'connector' }],
    ])(`may be sent as ${type} by %s`, (_, meta) =>
      expect(given(captured).when(say(type, meta)).decided()).toMatchObject([{ data: { external: true } }]),
    );
    it.each<[string, Partial<CommandMeta>]>([
      ['a person', { actor: 'rita', origin: 'person' }],
      ['a system of ours', { actor: 'system:page', origin: 'system' }],
      ['the connector of another system', { actor: 'connector:erp', origin: 'connector' }],
      ['a person who has the name of the connector', { actor: 'connector:crm', origin: 'person' }],
      ['a person who has the name of an import', { actor: 'import:crm', origin: 'person' }],
    ])(`may not be sent as ${type} by %s`, (_, meta) =>
      given(captured).when(say(type, meta)).thenRefused('lead/external-not-yours', 'external'),
    );
  }

  describe('must meet the criteria in force', () => {
    const passes: readonly [kind: string, moves: readonly Move[]][] = [
      ['mql', ['QualifyLead', 'HandOffLead', 'AcceptLead', 'SalesQualifyLead', 'ConvertLead']],
      ['sal', ['AcceptLead', 'SalesQualifyLead', 'ConvertLead']],
      ['sql', ['SalesQualifyLead', 'ConvertLead']],
    ];
    for (const [kind, moves] of passes)
      for (const type of Object.keys(past) as Move[]) {
        const passed = moves.includes(type);
        it(`${type} ${passed ? 'passes' : 'does not touch'} those of ${kind}`, () => {
          const unmet = given(captured)
            .under(agreed(kind, size(50)))
            .when(say(type));
          if (passed) unmet.thenRefused('lead/criteria-not-met');
          else expect(unmet.decided()).toMatchObject([{ data: { external: true } }]);
          const met = given(captured)
            .under(agreed(kind, size(10)))
            .when(say(type))
            .decided();
          expect(met).toMatchObject([{ data: { external: true } }]);
          expect(given(captured).under(agreed(kind, {})).when(say(type)).decided()).toMatchObject([{}]);
        });
      }
    it('unless the lead has passed them already', () => {
      const scene = given(captured, qualified, handedOff).under(agreed('mql', size(50)));
      expect(scene.when(say('AcceptLead')).decided()).toMatchObject([{ data: { external: true } }]);
    });
    it('at the instant of the move: before the first version nothing is checked', async () => {
      const ada = world({
        mql: [
          [60, size(50)],
          [120, size(10)],
        ],
      });
      await ada.send('CaptureLead', 0, { employees: 20 });
      const tell = (at: number) => ada.send('QualifyLead', at, { external: 'crm' }, 'backfill');
      expect(await tell(90)).toMatchObject({ code: 'lead/criteria-not-met', details: { definition: 'mql@1' } });
      expect(await tell(59)).toMatchObject({ events: 1 });
    });
    it('with answers given by that system', () => {
      const scene = given(captured).under(agreed('sql', { criteria: { answer: 'need' } }));
      scene.when(say('SalesQualifyLead')).thenRefused('lead/criteria-not-met');
      expect(scene.when(say('SalesQualifyLead', crm, 'crm', { need: 'speed' })).decided()).toMatchObject([{}]);
    });
  });

  describe('accepted by the stage map', () => {
    const stage = { system: 'crm', stage: 'SQL', means: 'sql', external: true };
    const under = (row: object) =>
      given(captured).under(agreed('mql', size(50)), agreed('stage-map', { leads: [row] }));
    it('needs no criteria', () =>
      expect(under(stage).when(say('SalesQualifyLead')).decided()).toMatchObject([
        { data: { definition: 'external:crm', external: true } },
      ]));
    it.each([
      ['another system', { ...stage, system: 'erp' }],
      ['another stage', { ...stage, means: 'sal' }],
      ['a stage that waits', { ...stage, external: undefined }],
    ])('needs them for %s', (_, row) => under(row).when(say('SalesQualifyLead')).thenRefused('lead/criteria-not-met'));
  });
});
