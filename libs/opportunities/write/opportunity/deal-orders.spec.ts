import fc from 'fast-check';
import { Refused, type Context, type Instant, type StoredEvent } from '@baton/kernel';
import { foldAll, recorded, repetitions } from '@baton/kernel/testing';
import { deals } from '../../read/deals/deals.read-model';
import { amountsFrom, foldDeal, factsAt, latestFacts, currentClose, type Deal, type DealFacts } from './deal.model';
import { opportunityDecider } from './opportunity.decider';
import type { OpportunityCommand, OpportunityEvent } from './opportunity.events';

const opportunityId = 'deal';
const LAST = 40;
const at = (day: number): Instant => new Date(Date.UTC(2024, 0, 1 + day)).toISOString();
const eur = (minor: number) => ({ minor, currency: 'EUR' });
/** The value of the nth fact of a kind: all are different, so that in any order each is a change. */
const valueOf = (fact: Told, n: number) =>
  fact === 'amount'
    ? eur(n)
    : fact === 'expectedCloseOn'
      ? `2025-01-${String(n + 1).padStart(2, '0')}`
      : `${fact} ${n}`;

type Told = Exclude<keyof DealFacts, 'name'>;
const commands = {
  stage: 'MoveOpportunityStage',
  amount: 'ChangeOpportunityAmount',
  expectedCloseOn: 'ChangeOpportunityCloseDate',
  owner: 'AssignOpportunity',
} as const;
const cleared = { account: 'account', product: 'product', source: 'source', owner: 'owner' } as const;

/** A fact from a day on: a value (undefined: cleared), a close or a reopening. */
type Word =
  | { readonly day: number; readonly fact: Told; readonly value: DealFacts[Told] }
  | { readonly day: number; readonly what: 'win' | 'lose' | 'reopen'; readonly value?: DealFacts['amount'] };

const commandOf = (word: Word): Pick<OpportunityCommand, 'type' | 'data'> => {
  const { value } = word;
  const said = (type: OpportunityCommand['type'], data: object) =>
    ({ type, data: { opportunityId, ...data } }) as unknown as OpportunityCommand;
  if ('what' in word) {
    if (word.what === 'win') return said('WinOpportunity', value ? { amount: value } : {});
    return word.what === 'lose'
      ? said('LoseOpportunity', { reason: 'price' })
      : said('ReopenOpportunity', { reason: `day ${word.day}` });
  }
  if (value === undefined) return said('ClearOpportunityFact', { facts: [word.fact] });
  return word.fact in commands
    ? said(commands[word.fact as keyof typeof commands], { to: value })
    : said('UpdateOpportunity', { [word.fact]: value });
};

/** The expected facts by the rules alone: of each fact the latest value up to a day. */
interface World {
  readonly words: readonly Word[];
  readonly openedOn: number;
  readonly opening: DealFacts;
}
const factsBy = ({ words, opening }: World, day: number): DealFacts => {
  const upTo = words.filter((word) => word.day <= day).sort((a, b) => a.day - b.day);
  const facts: Record<string, unknown> = { ...opening };
  for (const word of upTo)
    if ('fact' in word) facts[word.fact] = word.value;
    else if (word.what === 'win' && word.value) facts['amount'] = word.value;
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
};
const statusBy = ({ words }: World, day: number) => {
  const last = words
    .filter((word) => 'what' in word && word.day <= day)
    .sort((a, b) => a.day - b.day)
    .at(-1);
  return !last || !('what' in last) || last.what === 'reopen' ? 'open' : last.what === 'win' ? 'won' : 'lost';
};

/** Facts on different days; closes and reopenings alternate, and facts of the deal are dated while it was open. */
const worlds: fc.Arbitrary<World> = fc
  .record({
    turns: fc.subarray([8, 16, 24, 32]),
    wins: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    signed: fc.boolean(),
    facts: fc.uniqueArray(
      fc.record({
        day: fc.integer({ min: 0, max: LAST }).filter((day) => day % 8 !== 0),
        fact: fc.constantFrom<Told>('stage', 'amount', 'expectedCloseOn', 'owner', 'account', 'product', 'source'),
        clear: fc.boolean(),
      }),
      { selector: ({ day }) => day, maxLength: 12 },
    ),
    openedOn: fc.constantFrom(0, 3),
    stated: fc.boolean(),
  })
  .map(({ turns, wins, signed, facts, openedOn, stated }) => {
    const closes = turns.map((day, n): Word => {
      if (n % 2 === 1) return { day, what: 'reopen' };
      return wins[n] ? { day, what: 'win', ...(signed && { value: eur(1000 + n) }) } : { day, what: 'lose' };
    });
    const wasOpen = (day: number) => turns.filter((turn) => turn < day).length % 2 === 0;
    const gone = new Set<Told>(); // each fact once: nothing is cleared twice
    const words = facts
      .filter(({ day }) => wasOpen(day))
      .map(({ day, fact, clear }, n): Word => {
        const clears = clear && stated && fact in cleared && !gone.has(fact);
        if (clears) gone.add(fact);
        return { day, fact, value: clears ? undefined : valueOf(fact, n) };
      });
    const opening = stated ? { amount: eur(5000), owner: 'first', account: 'Acme', product: 'GTX', source: 'web' } : {};
    return { words: [...words, ...closes], openedOn, opening: { stage: 'new', ...opening } };
  });

const context = (day: number): Context => ({
  now: at(day),
  mode: 'backfill',
  definition: () => undefined,
  idOf: String,
});
/** The deal's events when these facts are recorded one after the other; refused ones are retried after the others. */
const told = ({ openedOn, opening }: World, words: readonly Word[]): readonly StoredEvent<OpportunityEvent>[] => {
  const events = [
    recorded({ type: 'OpportunityOpened', data: { opportunityId, ...opening } } as OpportunityEvent, {
      occurredAt: at(openedOn),
    }),
  ];
  let deal: Deal | undefined = opportunityDecider.evolve(undefined, events[0]!);
  let waiting = words;
  while (waiting.length > 0) {
    const refused = waiting.filter((word) => {
      const decided = opportunityDecider.decide(deal, commandOf(word) as OpportunityCommand, context(word.day));
      if (decided instanceof Refused) return true;
      expect(decided).toHaveLength(1); // each is a change
      for (const fact of decided) {
        const event = recorded(fact, { occurredAt: at(word.day) });
        events.push(event);
        deal = opportunityDecider.evolve(deal, event);
      }
      return false;
    });
    expect(refused.length).toBeLessThan(waiting.length);
    waiting = refused;
  }
  return events;
};

/** In any order, but closes and reopenings oldest first, and nothing cleared before it was known. */
const inSomeOrder = (world: World): fc.Arbitrary<readonly Word[]> =>
  fc.shuffledSubarray([...world.words], { minLength: world.words.length }).map((words) => {
    const ordered = words.filter((word) => 'what' in word).sort((a, b) => a.day - b.day);
    return words.map((word) => ('what' in word ? ordered.shift()! : word));
  });
const someOrders = worlds.chain((world) => fc.tuple(fc.constant(world), inSomeOrder(world)));

/** The current deal alone, without the times of its facts. */
const shown = (events: readonly StoredEvent<OpportunityEvent>[]) => {
  const { since: _, ...deal } = foldAll(deals, events).get(opportunityId)!;
  return deal;
};
const days = Array.from({ length: LAST + 1 }, (_, day) => day);

describe('a deal whose history is recorded in any order', () => {
  it('newest first: has the latest of each fact', () => {
    const said = (day: number, fact: Told, value: DealFacts[Told]): Word => ({ day, fact, value });
    const words = [
      ...[said(30, 'stage', 'contract'), said(30, 'amount', eur(9000)), said(30, 'owner', 'zoe')],
      ...[said(19, 'stage', 'demo'), said(19, 'amount', eur(3000)), said(19, 'owner', 'amy')],
    ];
    const events = told({ words, openedOn: 0, opening: { stage: 'appointment', amount: eur(1000) } }, words);
    expect(shown(events)).toMatchObject({ stage: 'contract', amountMinor: 9000, owner: 'zoe' });
    const then = events.filter(({ occurredAt }) => occurredAt <= at(20));
    expect(shown(then)).toMatchObject({ stage: 'demo', amountMinor: 3000, owner: 'amy' });
  });
  it('has the latest value of each fact, as if recorded oldest first', () =>
    fc.assert(
      fc.property(someOrders, ([world, words]) => {
        const events = told(world, words);
        const oldestFirst = told(
          world,
          [...world.words].sort((a, b) => a.day - b.day),
        );
        expect(shown(events)).toEqual(shown(oldestFirst));
        const { stage, owner, account, product, source, expectedCloseOn, amountMinor, status } = shown(events);
        const facts = factsBy(world, LAST);
        expect(latestFacts(foldDeal(events)!)).toEqual(facts);
        expect({ stage, owner, account, product, source, expectedCloseOn, amountMinor, status }).toEqual({
          stage: facts.stage,
          owner: facts.owner ?? null,
          account: facts.account ?? null,
          product: facts.product ?? null,
          source: facts.source ?? null,
          expectedCloseOn: facts.expectedCloseOn ?? null,
          amountMinor: facts.amount?.minor ?? null,
          status: statusBy(world, LAST),
        });
      }),
      { numRuns: repetitions(200, 5_000) },
    ));

  it('had on each day the values up to it: the days in each stage are the same', () =>
    fc.assert(
      fc.property(someOrders, ([world, words]) => {
        const events = told(world, words);
        const deal = foldDeal(events)!;
        for (const day of days.filter((one) => one >= world.openedOn)) {
          const cut = shown(events.filter(({ occurredAt }) => occurredAt <= at(day)));
          const facts = factsBy(world, day);
          expect([cut.stage, cut.owner, cut.amountMinor, cut.status]).toEqual([
            ...[facts.stage, facts.owner ?? null, facts.amount?.minor ?? null, statusBy(world, day)],
          ]);
          expect(factsAt(deal, at(day))).toEqual(facts);
        }
      }),
      { numRuns: repetitions(80, 2_000) },
    ));

  it('moves from the value in force, and closes with the known one', () =>
    fc.assert(
      fc.property(someOrders, ([world, words]) => {
        const events = told(world, words);
        for (const [place, { type, data, occurredAt }] of events.entries()) {
          const known = factsAt(foldDeal(events.slice(0, Math.max(place, 1)))!, occurredAt);
          if (type === 'OpportunityStageMoved') expect(data.from).toBe(known.stage);
          if (type === 'OpportunityOwnerChanged') expect(data.from).toBe(known.owner);
          if (type === 'OpportunityAmountChanged') expect(data.from).toEqual(known.amount);
          if (type !== 'OpportunityWon') continue;
          const amount = data.signedAmount ?? known.amount;
          expect([data.amount, data.owner, data.product]).toEqual([amount, known.owner, known.product]);
        }
        const deal = foldDeal(events)!;
        const close = currentClose(deal);
        if (close) {
          const day = days.find((one) => at(one) === close.at)!;
          expect(amountsFrom(deal, close.at)[0]?.amount).toEqual(factsBy(world, day).amount);
        }
      }),
      { numRuns: repetitions(80, 2_000) },
    ));
});
