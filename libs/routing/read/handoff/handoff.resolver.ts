import { Args, ArgsType, Field, ID, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import type { Instant, Json, Sealed } from '@baton/kernel';
import { ReadModels } from '@baton/platform/documents';
import { Allow, enumOf, InstantScalar, JsonScalar, personalField, ReadArgs } from '@baton/platform/graphql';
import { IsString, MaxLength } from 'class-validator';
import type { ContentUsage, EarlierHandoff, HandoffPackage, SignalOccurrences } from '@baton/leads';
import type { FirstTouch } from '@baton/leads';
import { dispositions, leads, packageParts, type LeadDocument, type PackagePart } from '@baton/leads';
import { handoffPackages, type HandoffPackageDocument } from './handoff-packages.projection';

const DispositionEnum = enumOf(dispositions);
const PartEnum = enumOf(packageParts);
const maybe = (description: string) => ({ nullable: true, description });
const personal = (description: string) => ({ ...maybe(description), middleware: [personalField] });

@ObjectType('HandoffContact', { description: 'The contact details as known now; unknown ones are null.' })
class HandoffContactType {
  @Field(() => String, personal('Full name.'))
  name?: Sealed;
  @Field(() => String, personal('E-mail address.'))
  email?: Sealed;
  @Field(() => String, personal('Phone number.'))
  phone?: Sealed;
  @Field(() => String, personal('What the person is interested in, in their own words.'))
  interests?: Sealed;
  @Field(() => String, personal('The problems the person wants to solve, in their own words.'))
  problems?: Sealed;
}

@ObjectType('Firmographics', { description: 'Job and company of the lead, as known at the handoff.' })
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

@ObjectType('FirstTouch', { description: 'The first touch, as its source reported it.' })
class FirstTouchType implements FirstTouch {
  @Field(() => ID, { description: 'Id of the event that recorded it.' })
  id!: string;
  @Field(() => InstantScalar, { description: 'When it took place.' })
  at!: Instant;
  @Field(() => String, { description: 'The action: form-submit, page-view …' })
  action!: string;
  @Field(() => String, maybe('The channel as reported.'))
  channel?: string;
  @Field(() => String, maybe('The source, utm_source.'))
  source?: string;
  @Field(() => String, maybe('The medium, utm_medium.'))
  medium?: string;
  @Field(() => String, maybe('The campaign, utm_campaign.'))
  campaign?: string;
  @Field(() => String, maybe('The content that was viewed or downloaded.'))
  content?: string;
  @Field(() => String, maybe('The page that was visited.'))
  page?: string;
  @Field(() => String, maybe('The referring page.'))
  referrer?: string;
}

@ObjectType('ConsumedContent', { description: 'Content or a page that the lead used.' })
class ConsumedType implements ContentUsage {
  @Field(() => String, { description: 'Name of the content or address of the page, cut at 200 characters.' })
  name!: string;
  @Field(() => Int, { description: 'Number of touches with it.' })
  count!: number;
  @Field(() => InstantScalar, { description: 'The latest of these touches.' })
  lastAt!: Instant;
}

@ObjectType('BuyingSignal', { description: 'Activity that indicates an intention to buy.' })
class BuyingSignalType implements SignalOccurrences {
  @Field(() => String, { description: 'Code of the signal, such as pricing-view.' })
  code!: string;
  @Field(() => Int, { description: 'How often the signal occurred.' })
  count!: number;
  @Field(() => [InstantScalar], { description: 'When it occurred; latest first, at most 20.' })
  times!: readonly Instant[];
}

@ObjectType('EarlierHandoff', { description: 'A handoff of the same lead before this one.' })
class EarlierHandoffType implements EarlierHandoff {
  @Field(() => Int, { description: 'The number of the handoff of this lead, counted from 1.' })
  count!: number;
  @Field(() => String, { description: 'The salesperson.' })
  rep!: string;
  @Field(() => InstantScalar, { description: 'When the lead was handed off.' })
  at!: Instant;
  @Field(() => DispositionEnum, { description: 'How it was answered.' })
  outcome!: EarlierHandoff['outcome'];
  @Field(() => String, maybe('The reason.'))
  reason?: string;
  @Field(() => InstantScalar, maybe('When it got that outcome.'))
  outcomeAt?: Instant;
}

@ObjectType('HandoffPackage', { description: 'The information that sales got with the latest handoff of a lead.' })
class HandoffPackageType {
  @Field(() => ID, { description: 'The lead’s id.' })
  leadId!: string;
  @Field(() => String, { description: 'The salesperson.' })
  rep!: string;
  @Field(() => InstantScalar, { description: 'When the lead was handed off.' })
  handedOffAt!: Instant;
  @Field(() => Int, { description: 'The number of the handoff of this lead, counted from 1.' })
  count!: number;
  @Field(() => InstantScalar, maybe('The time by which sales must respond.'))
  respondBy?: Instant;
  @Field(() => String, maybe('The queue that chose the rep.'))
  queue?: string;
  @Field(() => Boolean, {
    description: 'True if the package has a contact, firmographics, a source, a first touch and evidence.',
  })
  complete!: boolean;
  @Field(() => [PartEnum], { description: 'The parts that are missing.' })
  missing!: readonly PackagePart[];
  @Field(() => HandoffContactType, { description: 'Contact details of the lead.' })
  contact!: HandoffContactType;
  @Field(() => FirmographicsType, { description: 'Job and company of the lead.' })
  firmographics!: FirmographicsType;
  @Field(() => String, maybe('Where the lead came from.'))
  source!: string | null;
  @Field(() => String, maybe('The owner of the lead.'))
  owner!: string | null;
  @Field(() => FirstTouchType, maybe('The first touch.'))
  firstTouch!: FirstTouch | null;
  @Field(() => Int, { description: 'Number of touches.' })
  touches!: number;
  @Field(() => [ConsumedType], { description: 'Content the lead used, latest first, at most 50.' })
  content!: readonly ContentUsage[];
  @Field(() => [ConsumedType], { description: 'Pages the lead visited, latest first, at most 50.' })
  pages!: readonly ContentUsage[];
  @Field(() => [BuyingSignalType], { description: 'Buying signals.' })
  signals!: readonly SignalOccurrences[];
  @Field(() => String, {
    description: 'The version that defines the signals, `routing@2`; routing@0 is the built-in one.',
  })
  signalsBy!: string;
  @Field(() => JsonScalar, maybe('The score by rule, in hundredths of a point; the lines sum to the score.'))
  score!: Json;
  @Field(() => String, { description: 'The definition that was met, `mql@3`.' })
  definition!: string;
  @Field(() => ID, { description: 'Id of the event that qualified the lead.' })
  qualifiedBy!: string;
  @Field(() => InstantScalar, { description: 'When the lead was qualified.' })
  qualifiedAt!: Instant;
  @Field(
    () => JsonScalar,
    personal('The evidence for the qualification; null if it is too long, in which case the event has it.'),
  )
  evidence!: Json | Sealed;
  @Field(() => [EarlierHandoffType], { description: 'Earlier handoffs of the lead, latest first, at most 20.' })
  earlierHandoffs!: readonly EarlierHandoff[];
  @Field(() => [ID], { description: 'Deals the lead had a role in that were not lost.' })
  openOpportunityIds!: readonly string[];
  @Field(() => JsonScalar, maybe('Reserved for facts about the company; always null.'))
  account!: null;
  @Field(() => Boolean, { description: 'True if lists were shortened further to keep the package small.' })
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
  const { known: _, qualification, ...fields } = pack;
  const { name, email, phone, interests, problems, statement } = lead ?? {};
  // The statement of the qualification that this package is about, not of a later one.
  const stated = statement?.context.startsWith(`${qualification.eventId} `) ? statement : null;
  return {
    ...handoff,
    ...fields,
    firmographics: fields.firmographics as FirmographicsType,
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
      'The information that sales got with the latest handoff of a lead, with the contact details as known now. Null if the lead was never handed off, or only by another system.',
  })
  @Allow('sales', 'revops', 'marketing')
  async handoffPackage(@Args() { leadId, asOf }: HandoffPackageArgs): Promise<HandoffPackageType | null> {
    const models = this.models.asOf(asOf);
    const [handoff, lead] = await Promise.all([models.get(handoffPackages, leadId), models.get(leads, leadId)]);
    const pack = handoff?.package;
    return handoff && pack ? node({ ...handoff, package: pack }, lead) : null;
  }
}
