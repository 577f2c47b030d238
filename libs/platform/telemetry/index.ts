export { CommandWatch } from './command-watch';
export { visible } from './human-lines';
export { clean, FrameworkLog, loggerOf } from './log';
export { Metrics, type Lag } from './metrics';
export { ObservedEventLog } from './observed-event-log';
export { traced } from './trace';
export { aroundFoldOf } from './around-fold';
export { aroundPageOf } from './around-page';
export { alarmOf } from './parked-watch';
