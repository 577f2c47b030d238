export {
  definitionInForce,
  definitionDifference,
  dueReviews,
  listDefinitions,
  oneDefinition,
  overdueReviews,
} from './read/definitions/definitions.query';
export { definitions, type DefinitionDocument } from './read/definitions/definitions.projection';
export { ALL_DAY, type Hours, type SpecialDay } from './write/definition/holiday-file.rules';
export {
  calendarFor,
  calendarNamed,
  minuteOf,
  specialDays,
  weekdays,
  type BusinessCalendar,
  type LeadPlace,
  type WorkingTime,
} from './write/definition/calendar.rules';
export {
  builtInSignals,
  routeOf,
  routingFields,
  type Routable,
  type Routing,
  type Signal,
} from './write/definition/routing.rules';
export {
  SAME_BUSINESS_DAY,
  type MarketingSide,
  type Obligation,
  type Occurrence,
  type SlaPolicy,
} from './write/definition/sla.rules';
export { builtInChannelRules } from './write/definition/built-in-channels.rules';
export {
  channelClassifier,
  classify,
  conditionCompiler,
  conditionsFault,
  siteListsOf,
  spendClassifier,
  touchClassifier,
  type ChannelRules,
  type Classifiable,
  type Classified,
  type TouchConditions,
} from './write/definition/channel.rules';
export {
  definitionCommands,
  definitionEvents,
  definitionKinds,
  ToDefinition,
  type DefinitionCommand,
  type DefinitionEvent,
  type DefinitionKind,
} from './write/definition/definition.events';
export {
  attributionModelCodes,
  builtInAttribution,
  pathTransform,
  transformKinds,
  type Attribution,
  type PathTransform,
} from './write/definition/attribution.rules';
export {
  evaluate,
  lackOf,
  mayRise,
  forecast,
  salesQuestions,
  type CriteriaFacts,
  type Criterion,
  type ForecastResult,
  type ForecastInputs,
  type ProfileField,
  profileFields,
  type Range,
  type ScoreAxis,
  type CriteriaResult,
} from './write/definition/criteria.rules';
export {
  countBelow,
  matchesOf,
  TouchMatches,
  touchMatcher,
  type MatchedTouches,
  type TouchFact,
  type Touches,
  type TouchMatch,
} from './write/definition/touches.rules';
export { type StageMap } from './write/definition/stage-map.rules';
export { type EngagementRule, type FitRule, type ScoringModel } from './write/definition/scoring.rules';
export {
  bodyFault,
  builtInRejectionReasons,
  definitionOf,
  definitionsAt,
  orBuiltIn,
  type Agreement,
  type DefinitionBodies,
  type DefinitionContext,
  type DefinitionOf,
  type FindDefinition,
  type FindDefinitionAt,
  type RejectionReasons,
} from './write/definition/kinds.rules';
export { lookUpDefinition } from './write/definition/history.rules';
export { difference, inForceAt, type Difference, type InForcePeriod } from './write/definition/versions.rules';
