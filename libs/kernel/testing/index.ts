export * from './event-log.contract';
export * from './given';
export * from './stores';
