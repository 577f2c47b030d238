import { Module } from '@nestjs/common';
import type { ContextParts } from '@baton/kernel';
import { mutationsOf } from '@baton/platform/graphql';
import { merges } from './react/merges.policy';
import { visitors } from './react/visitors.policy';
import { leadsDue } from './read/leads-due/leads-due.projection';
import { leads } from './read/leads/leads.projection';
import { LeadsResolver } from './read/leads/leads.resolver';
import { identityEvents } from './write/identity/identity.events';
import { leadCommands, leadEvents, ToLead } from './write/lead/lead.events';
import { LeadHandler } from './write/lead/lead.handler';

export const leadsParts: ContextParts = {
  name: 'leads',
  events: [leadEvents, identityEvents],
  projections: [leads, leadsDue],
  policies: [merges, visitors],
  dueLists: [{ projection: leadsDue, to: ToLead, type: 'PassTime' }],
};

@Module({ providers: [LeadHandler, LeadsResolver, mutationsOf(ToLead, leadCommands)] })
export class LeadsModule {}
