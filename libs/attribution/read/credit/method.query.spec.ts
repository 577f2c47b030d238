import { DefinitionSource, NoDefinitions, type DefinitionLookup } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import { modelsOf } from '../../../../test/support/read-models';
import { timeZone } from '../../../../test/support/time-zone';
import { attribution } from '../attribution/attribution.query';
import { journeys } from '../journeys/journeys.projection';
import { methodForPeriod } from './method.query';

const now = '2026-01-01T00:00:00.000Z';
/** A deal won on January 1st by UTC, and still on December 31st in New York. */
const models = modelsOf(
  [journeys],
  [
    recorded({
      type: 'JourneyClosed',
      data: {
        journeyId: 'z1',
        outcome: 'won',
        closedAt: '2024-01-01T03:00:00.000Z',
        openedAt: '2023-12-20T01:00:00.000Z',
        leadIds: ['z'],
        amounts: [],
        touches: [],
      },
    }),
  ],
);
const asked = async (from: string, zone?: string) => {
  const definitions = new NoDefinitions();
  const question = await methodForPeriod(definitions, await models, now, { from, ...(zone && { timeZone: zone }) });
  return (await attribution(await models, { by: 'channel', ...question })).total.conversions;
};

/** An agreed definition whose months begin in Kathmandu. */
class Agreed extends DefinitionSource {
  forKinds(): Promise<DefinitionLookup> {
    const body = { model: 'linear', lookback: 'none', timeZone: 'Asia/Kathmandu' };
    return Promise.resolve((kind: string) =>
      kind === 'attribution' ? { kind, version: 1, ref: 'attribution@1', body } : undefined,
    );
  }
}

describe('a query about a period', () => {
  const zone = timeZone.get();
  afterEach(() => zone !== undefined && timeZone.set(zone));
  it.each([
    ['UTC', 0],
    ['America/New_York', 300],
    ['Asia/Kathmandu', -345],
  ])('uses days of the given zone, in any zone of the server: %s', async (server, offset) => {
    timeZone.set(server);
    expect(new Date('2024-01-01T00:00:00.000Z').getTimezoneOffset()).toBe(offset);
    expect([await asked('2024-01-01', 'UTC'), await asked('2024-01-01')]).toEqual([1, 1]);
    expect([await asked('2024-01-01', 'America/New_York'), await asked('2023-12-31', 'America/New_York')]).toEqual([
      0, 1,
    ]);
    expect([await asked('2024-01-01T03:00:00Z'), await asked('2024-01-01T03:00:00-01:00')]).toEqual([1, 0]);
  });
  it('uses the zone of the definition without a given zone', async () => {
    const definitions = new Agreed();
    const day = { from: '2024-01-01' };
    expect(await methodForPeriod(definitions, await models, now, day)).toMatchObject({
      from: '2023-12-31T18:15:00.000Z',
    });
    expect(await methodForPeriod(definitions, await models, now, { ...day, timeZone: 'UTC' })).toMatchObject({
      from: '2024-01-01T00:00:00.000Z',
      timeZone: 'UTC',
    });
  });
  it('is refused for an invalid zone or invalid ends', async () => {
    await expect(asked('2024-01-01', 'Mars/Base')).rejects.toMatchObject({
      code: 'time/unknown-zone',
      path: 'timeZone',
    });
    await expect(asked('2024-01-01T03:00:00')).rejects.toMatchObject({
      code: 'time/not-a-day-or-instant',
      path: 'from',
    });
  });
});

describe('the tests of this repository', () => {
  it('run in a zone that is not UTC, so that none depends on the zone of a machine', () =>
    expect(timeZone.get() === 'UTC' || new Date('2024-01-01').getTimezoneOffset() !== 0).toBe(true));
});
