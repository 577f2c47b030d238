export { leadCommands, leadEvents, ToLead, type LeadCommand, type LeadEvent } from './write/lead/lead.events';
