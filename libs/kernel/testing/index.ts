export * from './documents.contract';
export * from './event-log.contract';
export * from './eventually';
export * from './fold';
export * from './given';
export * from './key-store.contract';
export * from './outbound.contract';
export * from './repetitions';
