import { validateBody } from './kinds.rules';
import { findQueue, type Routing } from './routing.rules';

const routing: Routing = {
  handoffOwner: 'hanna',
  rules: [
    { name: 'our own account', when: [{ field: 'owner', in: ['rita'] }], queue: 'enterprise', accountOwner: true },
    {
      name: 'large in Europe',
      when: [
        { field: 'country', in: ['Germany', 'France'] },
        { field: 'employees', atLeast: 500 },
      ],
      queue: 'enterprise',
    },
    { name: 'small', when: [{ field: 'employees', atLeast: 1, below: 50 }], queue: 'small' },
  ],
  otherwise: 'all',
};

describe('routing rules', () => {
  it.each([
    ['the first that holds', { owner: 'Rita', employees: 10 }, 'enterprise', 'our own account'],
    ['all conditions', { country: 'germany', employees: 500 }, 'enterprise', 'large in Europe'],
    ['a number below its limit', { country: 'Germany', employees: 49 }, 'small', 'small'],
    ['a number at its limit', { country: 'Germany', employees: 50 }, 'all', 'otherwise'],
    ['a missing fact', { country: 'Germany' }, 'all', 'otherwise'],
    ['an empty fact', { owner: '' }, 'all', 'otherwise'],
  ])('choose a queue by %s', (_, lead, queue, rule) => expect(findQueue(routing, lead)).toMatchObject({ queue, rule }));
  it('state whether the owner goes first', () => {
    expect(findQueue(routing, { owner: 'rita' }).accountOwner).toBe(true);
    expect(findQueue(routing, { employees: 3 }).accountOwner).toBe(false);
  });

  const faultAt = (when: object) =>
    validateBody('routing', { ...routing, rules: [{ name: 'x', when: [when], queue: 'q' }] } as never)?.path;
  it('are accepted as written', () => expect(validateBody('routing', routing as never)).toBeUndefined());
  it.each([
    ['a condition that asks nothing', { field: 'country' }, 'rules.0.when.0'],
    ['a number of a text', { field: 'country', atLeast: 3 }, 'rules.0.when.0'],
    ['words of a number', { field: 'employees', in: ['50'] }, 'rules.0.when.0.in'],
    ['an empty list', { field: 'country', in: [] }, 'rules.0.when.0.in'],
    ['an unknown field', { field: 'shoe size', in: ['44'] }, 'rules.0.when.0.field'],
  ])('refuse %s', (_, when, path) => expect(faultAt(when)).toBe(path));

  const signalsFault = (...signals: object[]) => validateBody('routing', { ...routing, signals } as never)?.path;
  const pricing = { code: 'pricing', touches: [{ page: '/pricing*' }], times: 2, within: 'P7D' };
  it('may name buying signals', () => expect(signalsFault(pricing, { ...pricing, code: 'again' })).toBeUndefined());
  it.each([
    ['of one code', [pricing, pricing], 'signals.1.code'],
    ['that mean no touch', [{ code: 'none', touches: [] }], 'signals.0.touches'],
    ['within a month, which has no fixed length', [{ ...pricing, within: 'P1M' }], 'signals.0.within'],
    ['of an unknown fact', [{ code: 'x', touches: [{ email: '*' }] }], 'signals.0.touches.0.email'],
  ])('refuse signals %s', (_, signals, path) => expect(signalsFault(...signals)).toBe(path));
});
