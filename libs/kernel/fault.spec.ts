import { Type } from '@sinclair/typebox';
import {
  commands,
  currencyCode,
  day,
  faultFinder,
  flag,
  instant,
  integer,
  list,
  money,
  object,
  oneOf,
  optional,
  real,
  ref,
  text,
} from '.';

const faultOf = faultFinder(
  object({
    leadId: optional(ref('lead')),
    note: optional(text('', { min: 1, max: 5 })),
    code: optional(text('', { pattern: '^[a-z]+$', requirement: 'a code of small letters' })),
    stage: optional(oneOf(['one.two', 'three'])),
    at: optional(instant()),
    on: optional(day()),
    count: optional(integer('', { min: 0, max: 9 })),
    share: optional(real('', { min: 0 })),
    yes: optional(flag()),
    amount: optional(money()),
    currency: optional(currencyCode()),
    items: optional(list(object({ name: text('', { max: 3 }) }), '', { max: 1 })),
    either: optional(Type.Union([Type.String({ format: 'day' }), Type.Literal('never'), object({ days: integer() })])),
  }),
);

describe('a fault', () => {
  it.each<[object, string, string]>([
    [
      { leadId: '../x' },
      'leadId',
      'an id: 1 to 128 letters, digits and . _ : @ - of which the first is a letter or digit',
    ],
    ...['', ' \t ', '\u200b\ufeff', 7, 'sixsix'].map((note): [object, string, string] => [
      { note },
      'note',
      'a text of 1 to 5 characters that is not blank',
    ]),
    [{ code: 'A' }, 'code', 'a code of small letters'],
    [{ stage: 'two' }, 'stage', 'one of one.two, three'],
    [{ stage: 'oneXtwo' }, 'stage', 'one of one.two, three'],
    [{ at: 'now' }, 'at', 'an ISO 8601 instant of 1900 to 2200 with an offset, such as 2024-01-17T10:00:00Z'],
    [{ on: '2201-01-01' }, 'on', 'a calendar day of 1900 to 2200, such as 2024-01-17'],
    [{ count: 10 }, 'count', 'a whole number from 0 to 9'],
    [{ count: 0.5 }, 'count', 'a whole number from 0 to 9'],
    [{ share: -1 }, 'share', 'a number of 0 or more'],
    [{ yes: 'yes' }, 'yes', 'true or false'],
    [{ amount: { minor: 1, currency: 'EURO' } }, 'amount.currency', 'a currency code of ISO 4217, such as EUR'],
    [{ amount: { minor: 1 } }, 'amount.currency', 'a currency code of ISO 4217, such as EUR'],
    [{ items: [{ name: 'a' }, { name: 'b' }] }, 'items', 'a list of at most 1 items'],
    [{ items: [{ name: 'abcd' }] }, 'items.0.name', 'a text of at most 3 characters'],
    [{ either: 7 }, 'either', 'a calendar day of 1900 to 2200, such as 2024-01-17, or "never", or an object with days'],
  ])('for %j states the requirement', (value, path, requirement) =>
    expect(faultOf(value)).toEqual({ path, message: `${path} must be ${requirement}.` }),
  );
  it('for an unknown field lists the known fields', () =>
    expect(faultOf({ items: [{ name: 'a', nmae: 'b' }] })).toEqual({
      path: 'items.0.nmae',
      message: 'items.0.nmae is not a known field; the fields are name.',
    }));
  it('for a missing field states the requirement', () =>
    expect(
      commands('lead', { X: { description: '', leadId: ref('lead') } })
        .schemas.get('X')!
        .faultOf({}),
    ).toMatchObject({
      path: 'leadId',
      message: expect.stringMatching(/^leadId must be an id: /) as string,
    }));
});
