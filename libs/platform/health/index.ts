export { HealthController } from './health.controller';
export { Progress, type FollowerProgress, type Verified } from './progress';
export { boundRequests, stopOnSignals } from './serving';
