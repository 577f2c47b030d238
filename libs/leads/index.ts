export { LeadsModule, leadsParts } from './leads.module';
export { leads, type LeadDocument, type StageMove } from './read/leads/leads.projection';
export { leadById, whereOf as whereLeads, type LeadFilters } from './read/leads/leads.query';
export { LeadType } from './read/leads/leads.resolver';
export { findLead } from './write/identity/identity';
export { identityEvents, type IdentityEvent } from './write/identity/identity.events';
export { leadCommands, leadEvents, ToLead, type LeadCommand, type LeadEvent } from './write/lead/lead.events';
export { stageNames, type StageName } from './write/lead/lead.model';
