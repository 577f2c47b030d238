export { CommandWatch } from './command-watch';
export { redact, FrameworkLog, loggerOf } from './log';
export { Metrics, type FollowerLag } from './metrics';
export { ObservedEventLog } from './observed-event-log';
export { traced } from './trace';
export { aroundFoldOf } from './around-fold';
export { aroundPageOf } from './around-page';
export { parkedAlarmOf } from './parked-watch';
