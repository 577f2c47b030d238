export { attributionModels } from './models/models.rules';
export { creditSelected } from './models/credit.model';
export type { Credit, Milestone, Model, ModelParameters } from './models/credit.model';
export type { ModelJourney } from './models/model-journey.rules';
export {
  dataDrivenModel,
  dataDrivenModels,
  dataDrivenReport,
  type DataDrivenReport,
  type DataDrivenRow,
} from './models/data-driven.model';
export { TransitionCounts } from './models/markov-counts.rules';
export { markovScores } from './models/markov.model';
export { creditPaths, pathModels, type PathCredit } from './models/path-table.model';
export { PathTable, repeatHandlings, type PathCounts, type RepeatHandling } from './models/path-table.rules';
export { selectTouches } from './models/transforms.rules';
export { fittedAttribution, type LearningOptions } from './read/data-driven/data-driven.query';
export {
  pathsOfPeople,
  type PathWithCounts,
  type DataDrivenAttribution,
  type Person,
} from './read/data-driven/data-driven.rules';
export {
  attribution,
  builtInMethod,
  compareModels,
  methodAt,
  modelOf,
  type AttributionQuestion,
} from './read/attribution/attribution.query';
export {
  dimensions,
  type AttributionReport,
  type Credited,
  type Dimension,
  type Method,
} from './read/attribution/attribution.rules';
export { firstTouches, type FirstTouch } from './read/first-touches/first-touches.query';
export { journeysOf, openJourneys } from './read/conversions/conversions.query';
export { conversionKinds, type ConversionKind } from './read/conversions/conversions.rules';
export { compareDeal, type ComparedDeal } from './read/comparison/comparison.rules';
export { credit, explainJourney, type ExplainedDeal, type ExplainedJourney } from './read/credit/credit.query';
export { methodOf, methodForPeriod, versionCheck, type VersionOverrides } from './read/credit/method.query';
export { journeys, type JourneyDocument } from './read/journeys/journeys.projection';
export {
  journeyCommands,
  journeyEvents,
  ToJourney,
  type JourneyCommand,
  type JourneyEvent,
  type JourneyTouch,
} from './write/journey/journey.events';
export { paths, type PathQuestion } from './read/paths/paths.query';
export { type PathsReport } from './read/paths/paths.rules';
export { periodDelta, type PeriodDelta } from './read/periods/periods.query';
export { isIntact, periods, type PeriodDocument } from './read/periods/periods.read-model';
export { figuresOf, type PeriodRestatement } from './read/periods/periods.rules';
export { roas, type RoasQuestion } from './read/roas/roas.query';
export {
  roasDimensions,
  salesTimes,
  type MoneyRatio,
  type RoasDimension,
  type RoasReport,
  type SalesTimeScope,
} from './read/roas/roas.rules';
export { periodEvents, ToPeriod, type FreezeCommand, type PeriodEvent } from './write/period/period.events';
