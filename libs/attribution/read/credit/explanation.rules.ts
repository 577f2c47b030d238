import { Decimal } from 'decimal.js';
import { field, enumeration, teams, objectFields, type Instant, type Money, type ObjectOf } from '@baton/kernel';
import { creditModels } from '../../models/models.rules';
import { creditSelected, type Model } from '../../models/credit.model';
import { exclusions } from '../../models/transforms.rules';
import {
  revenueOf,
  selectJourneyTouches,
  type AttributionMethod,
  type ClassifiedTouch,
  type Conversions,
} from '../attribution/attribution.rules';
import { outsideField, OutsideWindowSum } from '../attribution/window.rules';
import type { JourneyDocument } from '../journeys/journeys.projection';

/** Which deal an answer is about. */
export const journeyFields = {
  journeyId: field.id('The deal’s id.', { entity: 'Opportunity', entityName: 'opportunity' }),
  closedAt: field.instant('When the deal closed.'),
  amount: field.money('What the deal is worth.', { nullable: true }),
} as const;
const touchText = (description: string) => field.text(description, { optional: true });
export const journeyTouch = objectFields(
  'JourneyTouch',
  'One contact with a person of the deal, as its source reported it.',
  {
    touchId: field.id('Id of the event that recorded it.'),
    occurredAt: field.instant('When it happened.'),
    leadId: field.id('The person.', { entity: 'Lead' }),
    visitorId: field.id('Visitor, for a visit before the identification.', { optional: true }),
    role: touchText('Role of the person in the deal.'),
    action: field.text('What was done: page-view, download, call …'),
    team: field.enum(teams, 'The team that made the contact.'),
    channel: field.text('The channel, by the channel rules.'),
    subChannel: field.text('The sub-channel, by the channel rules.', { nullable: true }),
    source: touchText('The source that the touch states.'),
    medium: touchText('The medium that the touch states.'),
    campaign: touchText('The campaign that the touch states.'),
    content: touchText('The content that the touch states.'),
    page: touchText('The page of a visit.'),
    landingPage: touchText('The page at which the visit began.'),
    referrer: touchText('Where the person came from.'),
    minutes: field.integer('How many minutes it took.', { optional: true }),
  },
);

const bookingReasons = enumeration('CreditBookingReason', 'Why credit was booked.', {
  close: 'The deal closed.',
  'amount-changed': 'The amount of the deal changed.',
});
const booking = objectFields('CreditBooking', 'A credit given, or taken back, by the weights of the deal.', {
  at: field.instant('When the deal closed, or its amount changed.'),
  reason: field.enum(bookingReasons, 'Why it was booked.'),
  revenue: field.amount('Negative when it was taken back.'),
});
type Booking = ObjectOf<typeof booking.fields>;

export const touchCreditFields = {
  touchId: field.id('The touch.'),
  weight: field.number('Its part of the deal, 0 to 1.'),
  share: field.number('Its weight before weights were renormalised to sum to 1; null when it is not weighed.', {
    optional: true,
  }),
  milestones: field.text(
    'FT first touch, LC lead creation, OC opportunity creation, CW last touch, or a stage of CUSTOM.',
    { list: true },
  ),
  excluded: field.enum(exclusions, 'Why it is not weighed.', { optional: true }),
  revenue: field.amount('Its part of the amount; the parts sum to the amount. Null without an amount.', {
    nullable: true,
  }),
  exact: field.text('Amount × weight in minor units before rounding, a decimal of six places.', { nullable: true }),
  rounding: field.text('What rounding to whole minor units added: revenue − exact.', { nullable: true }),
  bookings: field.object(booking, 'What the close gave and later changes of the amount; sums to revenue.', {
    list: true,
  }),
} as const;
/** What one touch earns, and all that it takes to compute it again. */
export type ExplainedCredit = ObjectOf<typeof touchCreditFields>;
export const modelCreditsFields = {
  model: field.enum(creditModels, 'The model.'),
  additive: field.flag('Do the credits sum to the deal? If not, each touch takes part with all of it.'),
  unattributed: field.flag('No touch is in the window: the deal stands in the bucket unattributed.'),
  missing: field.text('Milestones that no touch holds; their share was renormalised.', { list: true }),
  outsideWindow: outsideField(),
  divisor: field.number('What shares were divided by to give weights; null where none were.', { nullable: true }),
} as const;
export const modelCredits = objectFields('ModelCredits', 'The credits of a deal under one model.', {
  ...modelCreditsFields,
  credits: field.object(
    objectFields('TouchCredit', 'What one touch earns under one model, and why.', touchCreditFields),
    'One per touch, in the order of the touches.',
    { list: true },
  ),
});
/** What each touch of one deal earns under one model, and why. */
export type ExplainedCredits = ObjectOf<typeof modelCredits.fields>;

type Change = { readonly at: Instant; readonly reason: Booking['reason']; readonly from: Money; readonly to: Money };

/**
 * The history of the amount: the close, and each change. A change of currency removes the whole amount and books the
 * new one.
 */
const changesOf = ({ amounts }: JourneyDocument): Change[] =>
  amounts.flatMap(({ at, minor, currency }, index): Change[] => {
    const reason = index === 0 ? 'close' : 'amount-changed';
    const before = amounts[index - 1];
    const to = { minor, currency };
    if (before?.currency === currency) return [{ at, reason, from: { minor: before.minor, currency }, to }];
    const given: Change = { at, reason, from: { minor: 0, currency }, to };
    if (!before) return [given];
    const old = { currency: before.currency };
    return [{ at, reason, from: { ...old, minor: before.minor }, to: { ...old, minor: 0 } }, given];
  });

/**
 * The booking of each touch at the close and at each change of the amount, always with the same weights. A change books
 * the difference of two exact splits, so that bookings sum to the amount exactly after every change, and no credit is
 * ever negative.
 */
const bookingsOf = (deal: JourneyDocument, split: (amount: Money) => readonly number[]): readonly Booking[][] => {
  const changes = changesOf(deal).map((change) => ({
    ...change,
    before: split(change.from),
    after: split(change.to),
  }));
  return deal.touches.map((_, place) =>
    changes.flatMap(({ at, reason, to: { currency }, before, after }) => {
      const minor = after[place]! - before[place]!;
      return minor === 0 ? [] : [{ at, reason, revenue: { minor, currency } }];
    }),
  );
};

/** The credits of a deal under a model, with everything needed to compute them again. */
export const explainedCredits = (
  model: Model,
  deal: JourneyDocument,
  ready: AttributionMethod,
  conversions?: Conversions,
): ExplainedCredits & { readonly touches: readonly ClassifiedTouch[] } => {
  const path = selectJourneyTouches(deal, ready, conversions);
  const { touches, selection } = path;
  const amount = revenueOf(deal);
  const credited = (money?: Money) => creditSelected(model, selection, ready.parameters, money);
  const { credits, unattributed, missing } = credited(amount);
  const sum = credits.reduce((total, { share }) => total.plus(share ?? 0), new Decimal(0));
  const divisor = unattributed || !model.additive || sum.isZero() ? null : sum.toDecimalPlaces(15).toNumber();
  const outside = new OutsideWindowSum();
  outside.add(model, path, ready.parameters, amount);
  const bookings =
    amount && !unattributed
      ? bookingsOf(deal, (money) => credited(money).credits.map(({ minor }) => minor!))
      : undefined;
  return {
    touches,
    model: model.code,
    additive: model.additive,
    unattributed,
    missing,
    outsideWindow: ready.unwindowed ? outside.sum(amount && model.additive ? [amount.currency] : []) : null,
    divisor,
    credits: credits.map(({ minor, ...credit }, place) => {
      const part = divisor === null ? new Decimal(credit.weight) : new Decimal(credit.share ?? 0).div(sum);
      const exact = amount && part.times(amount.minor);
      return {
        ...credit,
        touchId: touches[place]!.touchId,
        revenue: minor === null ? null : { minor, currency: amount!.currency },
        exact: exact?.toFixed(6) ?? null,
        rounding: exact ? new Decimal(minor!).minus(exact).toFixed(6) : null,
        bookings: bookings?.[place] ?? [],
      };
    }),
  };
};
