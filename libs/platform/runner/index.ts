export { Runner, type FollowerStatus, type RunnerParts } from './runner';
export { type Dispatch } from './react';
export { type Completeness } from './verify';
export { replay } from './replay';
export { historyOf } from './history';
export { type AroundPage } from './group';
export { type AroundFold } from './refold';
export { followerEvents } from './parked.events';
export { type Sender } from './effect';
