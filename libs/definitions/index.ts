export {
  definitionInForce,
  definitionDifference,
  dueReviews,
  listDefinitions,
  getDefinition,
  overdueReviews,
} from './read/definitions/definitions.query';
export { definitions, type DefinitionDocument } from './read/definitions/definitions.read-model';
export { ALL_DAY, type Hours, type SpecialDay } from './write/definition/holiday-file.rules';
export {
  calendarFor,
  calendarNamed,
  minuteOf,
  specialDays,
  weekdays,
  type BusinessCalendar,
  type CalendarFields,
  type WorkingTime,
} from './write/definition/calendar.rules';
export {
  builtInSignals,
  findQueue,
  routingFields,
  type RoutingFields,
  type Routing,
  type Signal,
} from './write/definition/routing.rules';
export {
  SAME_BUSINESS_DAY,
  type MarketingCommitment,
  type Obligation,
  type EventPattern,
  type SlaPolicy,
} from './write/definition/sla.rules';
export { builtInChannelRules } from './write/definition/built-in-channels.rules';
export {
  channelClassifier,
  classify,
  conditionCompiler,
  validateConditions,
  siteListsOf,
  spendClassifier,
  touchClassifier,
  type ChannelRules,
  type ClassifiableTouch,
  type TouchClassification,
  type TouchConditions,
} from './write/definition/channel.rules';
export {
  definitionCommands,
  definitionEvents,
  definitionKindNames,
  definitionKinds,
  ToDefinition,
  type DefinitionCommand,
  type DefinitionEvent,
  type DefinitionKind,
} from './write/definition/definition.events';
export {
  afterConversions,
  attributionModelCodes,
  builtInAttribution,
  pathTransform,
  transformKinds,
  type Attribution,
  type PathTransform,
} from './write/definition/attribution.rules';
export {
  evaluateCriterion,
  missingCriteria,
  canBecomeMet,
  forecastCriterion,
  salesQuestions,
  type CriteriaFacts,
  type Criterion,
  type ForecastResult,
  type ForecastInputs,
  type ProfileField,
  profileFields,
  type ValueRange,
  type ScoreAxis,
  scoreAxes,
  type CriteriaResult,
} from './write/definition/criteria.rules';
export {
  countBelow,
  matchingTouches,
  TouchMatchCollector,
  compileTouchPattern,
  type MatchingTouches,
  type TouchFact,
  type Touches,
  type TouchPattern,
} from './write/definition/touches.rules';
export {
  evaluateDealCriterion,
  type DayCount,
  type DealCriteriaFacts,
  type DealCriterion,
  type DealField,
} from './write/definition/deal-criteria.rules';
export {
  forecastCategories,
  pipelineOf,
  placeOfStage,
  type DealPipeline,
  type ForecastCategory,
  type Pipelines,
  type PipelineStage,
  type SilentStage,
} from './write/definition/pipeline.rules';
export { type StageMap } from './write/definition/stage-map.rules';
export { type EngagementRule, type FitRule, type ScoringModel } from './write/definition/scoring.rules';
export {
  validateBody,
  builtInRejectionReasons,
  definitionOf,
  definitionsAt,
  inForceOrBuiltIn,
  type Agreement,
  type DefinitionBodies,
  type DefinitionContext,
  type DefinitionOf,
  type FindDefinition,
  type FindDefinitionAt,
  type RejectionReasons,
} from './write/definition/kinds.rules';
export { lookUpDefinition } from './write/definition/history.rules';
export { differencesBetween, inForceAt, type Difference, type InForcePeriod } from './write/definition/versions.rules';
