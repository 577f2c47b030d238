export { type Calendar, compileCalendar, wallClock } from './calendar.rules';
export { type Deadline, type Interval, type Pause, deadline } from './deadline.rules';
export {
  type ClockInput,
  type ClockStatus,
  type ClockTransition,
  ON_ITS_WAY_MS,
  type SlaClock,
  type SlaState,
  type Terms,
  clockInputOf,
  clockStatus,
  clockTransitionsOf,
  clocksAfter,
  clocksUnder,
  countedOf,
  dueOf,
  earliest,
  hoursFor,
  missedAtOf,
  mixValueOf,
  nextClockTransitions,
  obligations,
  withStop,
  workingOf,
} from './obligations.rules';
export { attempts, disposition, firstResponse, resolution, startingPolicy } from './ready-made.rules';
