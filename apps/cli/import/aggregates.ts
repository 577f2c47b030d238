import {
  assetCommands,
  campaignCommands,
  spendCommands,
  ToAsset,
  ToCampaign,
  ToSpend,
  ToVisitor,
  visitorCommands,
} from '@baton/campaigns';
import { definitionCommands, ToDefinition } from '@baton/definitions';
import type { Commands, ToAggregate } from '@baton/kernel';
import { feedbackCommands, leadCommands, ToFeedback, ToLead } from '@baton/leads';
import { opportunityCommands, supportRequestCommands, ToOpportunity, ToSupport } from '@baton/opportunities';
import type { Aggregates } from './mapping';

/** What a mapping may speak to, by the name it uses in `to`. A new aggregate is one line here. */
export const targets: Readonly<Record<string, { readonly to: ToAggregate; readonly commands: Commands }>> = {
  lead: { to: ToLead, commands: leadCommands },
  opportunity: { to: ToOpportunity, commands: opportunityCommands },
  campaign: { to: ToCampaign, commands: campaignCommands },
  spend: { to: ToSpend, commands: spendCommands },
  asset: { to: ToAsset, commands: assetCommands },
  visitor: { to: ToVisitor, commands: visitorCommands },
  feedback: { to: ToFeedback, commands: feedbackCommands },
  support: { to: ToSupport, commands: supportRequestCommands },
  definition: { to: ToDefinition, commands: definitionCommands },
};

export const aggregates: Aggregates = Object.fromEntries(
  Object.entries(targets).map(([name, { commands }]) => [name, commands]),
);
