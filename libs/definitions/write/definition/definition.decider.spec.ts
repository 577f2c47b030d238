import fc from 'fast-check';
import { fromMs, Refused, toMs, type Context } from '@baton/kernel';
import { specFor } from '@baton/kernel/testing';
import { definitionDecider } from './definition.decider';
import type { DefinitionCommand, DefinitionEvent } from './definition.events';
import { inForceAt } from './versions.rules';

const given = specFor(definitionDecider);
const NOW = '2024-01-01T00:00:00.000Z';
const LATER = '2024-02-01T00:00:00.000Z';
const body = { statement: 'Worth a call.' };
const propose = {
  type: 'ProposeDefinition',
  data: { definitionId: 'mql', body, reason: 'first agreement' },
} as const;
const proposed = {
  type: 'DefinitionProposed',
  data: { definitionId: 'mql', number: 1, body, reason: 'first agreement', reviewBy: '2024-04-01' },
} as const;
const approve = (team: 'marketing' | 'sales', number = 1) =>
  ({ type: 'ApproveDefinition', data: { definitionId: 'mql', number, team } }) as const;
const approved = (team: 'marketing' | 'sales', approver: string, number = 1) =>
  ({ type: 'DefinitionApproved', data: { definitionId: 'mql', number, team, approver } }) as const;
const inForce = (from: string, number = 1) =>
  ({ type: 'DefinitionPutInForce', data: { definitionId: 'mql', number, from } }) as const;
const retire = { type: 'RetireDefinition', data: { definitionId: 'mql', number: 1, reason: 'no use' } } as const;
const retired = { type: 'DefinitionRetired', data: retire.data } as const;
const settled = [proposed, approved('sales', 'sam'), approved('marketing', 'mia'), inForce(NOW)] as const;
const decideAs = (
  past: readonly DefinitionEvent[],
  command: { type: DefinitionCommand['type']; data: unknown },
  meta: object = {},
  context: Partial<Context> = {},
) =>
  definitionDecider.decide(
    given(...past).state(),
    { ...command, meta: { commandId: 'c', actor: 'tester', origin: 'person', ...meta } } as DefinitionCommand,
    { now: NOW, mode: 'live', definition: () => undefined, idOf: String, ...context },
  );

describe('a proposal', () => {
  it('is a draft with a review in three months', () => given().when(propose).then(proposed));
  it('of the next number follows a version in force', () =>
    given(...settled)
      .when(propose)
      .then({ ...proposed, data: { ...proposed.data, number: 2 } }));
  it('equal to the open draft changes nothing', () => given(proposed).when(propose).then());
  it('of an unknown kind is refused', () =>
    given()
      .when({ ...propose, data: { ...propose.data, definitionId: 'mqls' } })
      .thenRefused('definition/unknown-kind', 'definitionId'));
  it('of an invalid body is refused with the path of the fault', () =>
    given()
      .when({
        ...propose,
        data: {
          definitionId: 'channel-rules',
          reason: 'r',
          body: { rules: [{ when: { medium: 5 }, channel: 'email' }], otherwise: 'other' },
        },
      })
      .thenRefused('definition/invalid-body', 'body.rules.0.when.medium'));
  it('of a body that is not an object is refused', () =>
    given()
      .when({ ...propose, data: { ...propose.data, body: [] } })
      .thenRefused('definition/invalid-body', 'body'));
  it('of a body above 64 KiB is refused', () =>
    given()
      .when({ ...propose, data: { ...propose.data, body: { text: 'x'.repeat(64 * 1024) } } })
      .thenRefused('definition/invalid-body', 'body'));
});

describe('an approval', () => {
  it('of one team does not put the version in force', () =>
    given(proposed).when(approve('sales')).then(approved('sales', 'tester')));
  it('of the second team puts the version in force', () =>
    given(proposed, approved('marketing', 'mia'))
      .at(LATER)
      .when(approve('sales'))
      .then(approved('sales', 'tester'), inForce(LATER)));
  it('is needed from two people', () =>
    given(proposed, approved('marketing', 'tester')).when(approve('sales')).thenRefused('definition/same-person'));
  it('is safe to send twice', () =>
    given(...settled)
      .when(approve('sales'))
      .then());
  it('of a version that does not exist is refused', () =>
    given(proposed).when(approve('sales', 2)).thenRefused('definition/unknown-version', 'number'));
  it('of a draft with a later version in force is refused', () =>
    given(
      proposed,
      { ...proposed, data: { ...proposed.data, number: 2 } },
      approved('sales', 'sam', 2),
      approved('marketing', 'mia', 2),
      inForce(NOW, 2),
    )
      .when(approve('sales'))
      .thenRefused('definition/superseded'));
  it('is only possible for the caller’s own team', () => {
    expect(decideAs([proposed], approve('sales'), { roles: ['marketing'] })).toMatchObject({
      code: 'definition/not-your-team',
    });
    expect(decideAs([proposed], approve('sales'), { roles: ['marketing', 'sales'] })).toHaveLength(1);
  });
  it('never takes effect before itself, except in an import', () => {
    const past = '2023-06-01T00:00:00.000Z';
    const draft = { ...proposed, data: { ...proposed.data, inForceFrom: past } };
    const facts = (mode: 'live' | 'backfill') =>
      decideAs([draft, approved('marketing', 'mia')], approve('sales'), {}, { mode });
    expect(facts('live')).toMatchObject([{}, { type: 'DefinitionPutInForce', data: { from: NOW } }]);
    expect(facts('backfill')).toMatchObject([{}, { type: 'DefinitionPutInForce', data: { from: past } }]);
  });
  it('may take effect in the future', () =>
    given({ ...proposed, data: { ...proposed.data, inForceFrom: LATER } }, approved('marketing', 'mia'))
      .when(approve('sales'))
      .then(approved('sales', 'tester'), inForce(LATER)));
});

describe('a retirement', () => {
  it('takes the version out of force', () =>
    given(...settled)
      .when(retire)
      .then(retired));
  it('of a draft is refused', () => given(proposed).when(retire).thenRefused('definition/not-in-force'));
  it('is safe to send twice', () =>
    given(...settled, retired)
      .when(retire)
      .then());
});

describe('the history of a kind', () => {
  it('is not changed by later agreements', () => {
    const step = fc.record({
      days: fc.integer({ min: 0, max: 40 }),
      type: fc.constantFrom('propose', 'marketing', 'sales', 'retire'),
      number: fc.integer({ min: 1, max: 5 }),
      ahead: fc.option(fc.integer({ min: -60, max: 60 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let state = definitionDecider.initialState();
        let now = NOW;
        // By instant: of several decisions within one millisecond the last one counts.
        const asDecided = new Map<string, number | undefined>();
        for (const { days, type, number, ahead } of steps) {
          now = fromMs(toMs(now) + days * 86_400_000);
          const inForceFrom = ahead === undefined ? undefined : fromMs(toMs(now) + ahead * 86_400_000);
          const data =
            type === 'propose'
              ? { definitionId: 'mql', body: { statement: now }, reason: 'r', ...(inForceFrom && { inForceFrom }) }
              : type === 'retire'
                ? { definitionId: 'mql', number, reason: 'r' }
                : { definitionId: 'mql', number, team: type };
          const command = {
            type:
              type === 'propose' ? 'ProposeDefinition' : type === 'retire' ? 'RetireDefinition' : 'ApproveDefinition',
            data,
            meta: { commandId: 'c', actor: type, origin: 'person' },
          } as unknown as DefinitionCommand;
          const facts = definitionDecider.decide(state, command, {
            now,
            mode: 'live',
            definition: () => undefined,
            idOf: String,
          });
          if (!(facts instanceof Refused))
            for (const fact of facts) state = definitionDecider.evolve(state, { ...fact, id: '', occurredAt: now });
          for (const [at, then] of [...asDecided].filter(([instant]) => instant < now))
            expect(inForceAt(state.versions, at)?.number).toBe(then);
          asDecided.set(now, inForceAt(state.versions, now)?.number);
        }
      }),
      { numRuns: 300 },
    );
  });
});
