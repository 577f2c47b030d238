export { type Calendar, compileCalendar, slaHours, wallClock } from './calendar.rules';
export { type Deadline, type Interval, type Pause, deadline, slaIntervalKinds } from './deadline.rules';
export {
  type ClockInput,
  type ClockStatus,
  type ClockTransition,
  COMMAND_LATENCY_MS,
  type SlaClock,
  type SlaState,
  type ClockTerms,
  clockInputOf,
  clockStatus,
  clockTransitionsOf,
  clocksAfter,
  clocksUnder,
  countedOf,
  dueOf,
  earliest,
  calendarForClock,
  missedAtOf,
  mixValueOf,
  nextClockTransitions,
  obligations,
  withAnswer,
  deadlineOf,
} from './obligations.rules';
export { openTimeWithin } from './open-time.rules';
export { attempts, disposition, firstResponse, resolution, startingPolicy } from './ready-made.rules';
