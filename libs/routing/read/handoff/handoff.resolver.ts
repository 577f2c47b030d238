import { Args, ArgsType, Field, ID, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import type { Instant, Json, Sealed } from '@baton/kernel';
import { ReadModels } from '@baton/platform/documents';
import { Allow, InstantScalar, JsonScalar, personalField, ReadArgs } from '@baton/platform/graphql';
import { IsString, MaxLength } from 'class-validator';
import type { Consumed, EarlierHandoff, HandoffPackage, SignalSeen } from '@baton/leads';
import type { FirstTouch } from '@baton/leads';
import { leads, type LeadDocument } from '@baton/leads';
import { handoffPackages, type HandoffPackageDocument } from './handoff-packages.projection';

const maybe = (description: string) => ({ nullable: true, description });
const personal = (description: string) => ({ ...maybe(description), middleware: [personalField] });

@ObjectType('HandoffContact', { description: 'Who to speak to, as known now; a fact is null where it is not known.' })
class HandoffContactType {
  @Field(() => String, personal('Full name.'))
  name?: Sealed;
  @Field(() => String, personal('E-mail address.'))
  email?: Sealed;
  @Field(() => String, personal('Phone number.'))
  phone?: Sealed;
  @Field(() => String, personal('What the person says to be interested in.'))
  interests?: Sealed;
  @Field(() => String, personal('What the person wants solved.'))
  problems?: Sealed;
}

@ObjectType('Firmographics', { description: 'What was known of the person’s work at the handoff.' })
class FirmographicsType {
  @Field(() => String, maybe('Job title.'))
  title?: string;
  @Field(() => String, maybe('Company.'))
  company?: string;
  @Field(() => String, maybe('Industry of the company.'))
  industry?: string;
  @Field(() => Int, maybe('Number of employees of the company.'))
  employees?: number;
  @Field(() => String, maybe('Country.'))
  country?: string;
  @Field(() => String, maybe('Region or state.'))
  region?: string;
}

@ObjectType('FirstTouch', { description: 'The earliest contact, as its source reported it.' })
class FirstTouchType implements FirstTouch {
  @Field(() => ID, { description: 'The id of its event.' })
  id!: string;
  @Field(() => InstantScalar, { description: 'When it was.' })
  at!: Instant;
  @Field(() => String, { description: 'What happened.' })
  action!: string;
  @Field(() => String, maybe('The channel as stated.'))
  channel?: string;
  @Field(() => String, maybe('The source.'))
  source?: string;
  @Field(() => String, maybe('The medium.'))
  medium?: string;
  @Field(() => String, maybe('The campaign.'))
  campaign?: string;
  @Field(() => String, maybe('What was read, seen or downloaded.'))
  content?: string;
  @Field(() => String, maybe('The page.'))
  page?: string;
  @Field(() => String, maybe('Where the person came from.'))
  referrer?: string;
}

@ObjectType('ConsumedContent', { description: 'Content or a page, how often and when last.' })
class ConsumedType implements Consumed {
  @Field(() => String, { description: 'Its name or address, at most 200 characters.' })
  name!: string;
  @Field(() => Int, { description: 'How often.' })
  count!: number;
  @Field(() => InstantScalar, { description: 'When last.' })
  lastAt!: Instant;
}

@ObjectType('BuyingSignal', { description: 'Something that shows the person means to buy.' })
class BuyingSignalType implements SignalSeen {
  @Field(() => String, { description: 'Code of the signal, pricing-view.' })
  code!: string;
  @Field(() => Int, { description: 'How often it was given.' })
  count!: number;
  @Field(() => [InstantScalar], { description: 'When; the latest first, at most 20.' })
  times!: readonly Instant[];
}

@ObjectType('EarlierHandoff', { description: 'A handoff of the same lead before this one.' })
class EarlierHandoffType implements EarlierHandoff {
  @Field(() => Int, { description: 'Which handoff of the lead it was.' })
  count!: number;
  @Field(() => String, { description: 'The salesperson.' })
  rep!: string;
  @Field(() => InstantScalar, { description: 'When it was.' })
  at!: Instant;
  @Field(() => String, { description: 'accepted, rejected, recycled, disqualified, or waiting.' })
  outcome!: EarlierHandoff['outcome'];
  @Field(() => String, maybe('Why.'))
  reason?: string;
  @Field(() => InstantScalar, maybe('When it came to that outcome.'))
  outcomeAt?: Instant;
}

@ObjectType('HandoffPackage', { description: 'What sales got with a lead when it was last handed off.' })
class HandoffPackageType {
  @Field(() => ID, { description: 'The lead’s id.' })
  leadId!: string;
  @Field(() => String, { description: 'The salesperson.' })
  rep!: string;
  @Field(() => InstantScalar, { description: 'When it was handed off.' })
  handedOffAt!: Instant;
  @Field(() => Int, { description: 'Which handoff of the lead it is.' })
  count!: number;
  @Field(() => InstantScalar, maybe('By when sales answers.'))
  respondBy?: Instant;
  @Field(() => String, maybe('The queue that chose the rep.'))
  queue?: string;
  @Field(() => Boolean, { description: 'Is there a contact, firmographics, a source, a first touch and evidence?' })
  complete!: boolean;
  @Field(() => [String], { description: 'Which of these is missing.' })
  missing!: readonly string[];
  @Field(() => HandoffContactType, { description: 'Who to speak to.' })
  contact!: HandoffContactType;
  @Field(() => FirmographicsType, { description: 'What was known of the person’s work.' })
  firmographics!: FirmographicsType;
  @Field(() => String, maybe('Where the lead came from.'))
  source!: string | null;
  @Field(() => String, maybe('Who looks after the lead.'))
  owner!: string | null;
  @Field(() => FirstTouchType, maybe('The earliest contact.'))
  firstTouch!: FirstTouch | null;
  @Field(() => Int, { description: 'How many contacts there were.' })
  touches!: number;
  @Field(() => [ConsumedType], { description: 'Content consumed, the latest first, at most 50.' })
  content!: readonly Consumed[];
  @Field(() => [ConsumedType], { description: 'Pages visited, the latest first, at most 50.' })
  pages!: readonly Consumed[];
  @Field(() => [BuyingSignalType], { description: 'Buying signals.' })
  signals!: readonly SignalSeen[];
  @Field(() => String, { description: 'The version that says what a signal is, `routing@2`; 0 is the built-in one.' })
  signalsBy!: string;
  @Field(() => JsonScalar, maybe('The score by rule, in hundredths of a point; its lines sum to it.'))
  score!: Json;
  @Field(() => String, { description: 'The definition that was met, `mql@3`.' })
  definition!: string;
  @Field(() => ID, { description: 'The event that says it was met.' })
  qualifiedBy!: string;
  @Field(() => InstantScalar, { description: 'When it was met.' })
  qualifiedAt!: Instant;
  @Field(() => JsonScalar, personal('What met it; null where it is too long, the event has it then.'))
  evidence!: Json | Sealed;
  @Field(() => [EarlierHandoffType], { description: 'The latest first, at most 20.' })
  earlierHandoffs!: readonly EarlierHandoff[];
  @Field(() => [ID], { description: 'Deals the person was on that were not lost.' })
  openOpportunityIds!: readonly string[];
  @Field(() => JsonScalar, maybe('What is known of the company beyond this person.'))
  account!: null;
  @Field(() => Boolean, { description: 'Do lists hold fewer entries than usual, so that the package stays small?' })
  shortened!: boolean;
}

@ArgsType()
class HandoffPackageArgs extends ReadArgs {
  @IsString()
  @MaxLength(128)
  @Field(() => ID, { description: 'The lead’s id.' })
  leadId!: string;
}

const node = (
  { package: pack, ...handoff }: HandoffPackageDocument & { readonly package: HandoffPackage },
  lead: LeadDocument | undefined,
): HandoffPackageType => {
  const { known: _, qualification, ...told } = pack;
  const { name, email, phone, interests, problems, statement } = lead ?? {};
  // The words of the qualification that the package is about, not of a later one.
  const stated = statement?.context.startsWith(`${qualification.eventId} `) ? statement : null;
  return {
    ...handoff,
    ...told,
    firmographics: told.firmographics as FirmographicsType,
    contact: { name, email, phone, interests, problems } as HandoffContactType,
    definition: qualification.definition,
    qualifiedBy: qualification.eventId,
    qualifiedAt: qualification.at,
    evidence: qualification.evidence ?? stated,
  };
};

@Resolver()
export class HandoffResolver {
  constructor(private readonly models: ReadModels) {}

  @Query(() => HandoffPackageType, {
    nullable: true,
    description:
      'Everything sales was told of a lead when it was last handed off, with the contact as known now. Null for a lead that was never handed off, or by another system only.',
  })
  @Allow('sales', 'revops', 'marketing')
  async handoffPackage(@Args() { leadId, asOf }: HandoffPackageArgs): Promise<HandoffPackageType | null> {
    const models = this.models.asOf(asOf);
    const [handoff, lead] = await Promise.all([models.get(handoffPackages, leadId), models.get(leads, leadId)]);
    const pack = handoff?.package;
    return handoff && pack ? node({ ...handoff, package: pack }, lead) : null;
  }
}
