import { Field, Float, ID, Int, ObjectType } from '@nestjs/graphql';
import { enumeration, teams, type Team } from '@baton/kernel';
import { enumOf, InstantScalar, MoneyType } from '@baton/platform/graphql';
import { exclusions, type Exclusion } from '../../models/transforms.rules';
import { ModelEnum, outsideField, OutsideWindowType } from '../attribution/attribution.resolver';
import type { Booking } from './explanation.rules';

const TeamEnum = enumOf(teams);
const ExclusionEnum = enumOf(exclusions);
const BookingReasonEnum = enumOf(
  enumeration<Booking['reason']>('CreditBookingReason', 'Why credit was booked.', {
    close: 'The deal closed.',
    'amount-changed': 'The amount of the deal changed.',
  }),
);
const statedField = (description: string) => ({ nullable: true, description });

@ObjectType({ description: 'One contact with a person of the deal, as its source reported it.' })
export class JourneyTouch {
  @Field(() => ID, { description: 'Id of the event that recorded it.' })
  touchId!: string;
  @Field(() => InstantScalar, { description: 'When it happened.' })
  occurredAt!: string;
  @Field(() => ID, { description: 'The person.' })
  leadId!: string;
  @Field(() => ID, statedField('Visitor, for a visit before the identification.'))
  visitorId?: string | null;
  @Field(() => String, statedField('Role of the person in the deal.'))
  role?: string | null;
  @Field(() => String, { description: 'What was done: page-view, download, call …' })
  action!: string;
  @Field(() => TeamEnum, { description: 'The team that made the contact.' })
  team!: Team;
  @Field(() => String, { description: 'The channel, by the channel rules.' })
  channel!: string;
  @Field(() => String, statedField('The sub-channel, by the channel rules.'))
  subChannel?: string | null;
  @Field(() => String, statedField('The source that the touch states.'))
  source?: string | null;
  @Field(() => String, statedField('The medium that the touch states.'))
  medium?: string | null;
  @Field(() => String, statedField('The campaign that the touch states.'))
  campaign?: string | null;
  @Field(() => String, statedField('The content that the touch states.'))
  content?: string | null;
  @Field(() => String, statedField('The page of a visit.'))
  page?: string | null;
  @Field(() => String, statedField('The page at which the visit began.'))
  landingPage?: string | null;
  @Field(() => String, statedField('Where the person came from.'))
  referrer?: string | null;
  @Field(() => Int, statedField('How many minutes it took.'))
  minutes?: number | null;
}

@ObjectType({ description: 'A credit given, or taken back, by the weights of the deal.' })
export class CreditBooking {
  @Field(() => InstantScalar, { description: 'When the deal closed, or its amount changed.' })
  at!: string;
  @Field(() => BookingReasonEnum, { description: 'Why it was booked.' })
  reason!: Booking['reason'];
  @Field(() => MoneyType, { description: 'Negative when it was taken back.' })
  revenue!: MoneyType;
}

@ObjectType({ description: 'What one touch earns under one model, and why.' })
export class TouchCredit {
  @Field(() => ID, { description: 'The touch.' })
  touchId!: string;
  @Field(() => Float, { description: 'Its part of the deal, 0 to 1.' })
  weight!: number;
  @Field(
    () => Float,
    statedField('Its weight before weights were renormalised to sum to 1; null when it is not weighed.'),
  )
  share?: number | null;
  @Field(() => [String], {
    description: 'FT first touch, LC lead creation, OC opportunity creation, CW last touch, or a stage of CUSTOM.',
  })
  milestones!: readonly string[];
  @Field(() => ExclusionEnum, statedField('Why it is not weighed; null when it is.'))
  excluded?: Exclusion | null;
  @Field(() => MoneyType, statedField('Its part of the amount; the parts sum to the amount. Null without an amount.'))
  revenue!: MoneyType | null;
  @Field(() => String, statedField('Amount × weight in minor units before rounding, a decimal of six places.'))
  exact!: string | null;
  @Field(() => String, statedField('What rounding to whole minor units added: revenue − exact.'))
  rounding!: string | null;
  @Field(() => [CreditBooking], {
    description: 'What the close gave and later changes of the amount; sums to revenue.',
  })
  bookings!: readonly CreditBooking[];
}

@ObjectType({ description: 'The credits of a deal under one model.' })
export class ModelCredits {
  @Field(() => ModelEnum, { description: 'The model.' })
  model!: string;
  @Field(() => Boolean, {
    description: 'Do the credits sum to the deal? If not, each touch takes part with all of it.',
  })
  additive!: boolean;
  @Field(() => Boolean, { description: 'No touch is in the window: the deal stands in the bucket unattributed.' })
  unattributed!: boolean;
  @Field(() => [String], { description: 'Milestones that no touch holds; their share was renormalised.' })
  missing!: readonly string[];
  @Field(() => OutsideWindowType, outsideField)
  outsideWindow!: OutsideWindowType | null;
  @Field(() => Float, statedField('What shares were divided by to give weights; null where none were.'))
  divisor!: number | null;
  @Field(() => [TouchCredit], { description: 'One per touch, in the order of the touches.' })
  credits!: readonly TouchCredit[];
}
