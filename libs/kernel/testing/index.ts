export * from './given';
export * from './stores';
