import { validateBody, specialDays, type BusinessCalendar, type DefinitionKind } from '@baton/definitions';
import { startingPolicy } from '@baton/sla-clocks';
import { dueOf } from '@baton/sla-clocks';
import { compileCalendar } from '@baton/sla-clocks';
import { startingBody, startingDefinitions } from './starting-definitions';

describe('starting definitions', () => {
  it.each(Object.entries(startingDefinitions))('%s can be proposed', (kind, body) => {
    expect(validateBody(kind as DefinitionKind, body)).toBeUndefined();
  });

  it('are refused for a kind without one', () => {
    expect(() => startingBody('icp')).toThrow(expect.objectContaining({ code: 'cli/argument-missing', path: 'body' }));
    expect(() => startingBody('toString')).toThrow(expect.objectContaining({ code: 'cli/argument-missing' }));
  });

  it('count working hours: an hour from the evening before Thanksgiving ends on the Monday after', () => {
    expect(
      specialDays(startingBody('business-calendar') as unknown as BusinessCalendar).has(
        Date.parse('2023-11-23') / 86_400_000,
      ),
    ).toBe(true);
    const calendar = compileCalendar(startingBody('business-calendar') as never);
    const [firstResponse] = startingPolicy([]).obligations;
    // Wednesday 17:30 in New York; Thursday and Friday are holidays, Monday opens at 14:00 UTC.
    expect(dueOf(firstResponse!, calendar, '2023-11-22T22:30:00.000Z').dueAt).toBe('2023-11-27T14:30:00.000Z');
  });
});
