export { teams, touchFields, type Team } from './touch.rules';
export {
  campaignCommands,
  campaignEvents,
  type CampaignCommand,
  type CampaignEvent,
} from './write/campaign/campaign.events';
export { visitorCommands, visitorEvents, type VisitorCommand, type VisitorEvent } from './write/visitor/visitor.events';
