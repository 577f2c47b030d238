export { checkConservation, Conservation, conservationCheck, type CheckResult, type Difference } from './conservation';
export { HealthController } from './health.controller';
export { Progress, type FollowerProgress, type VerificationSummary } from './progress';
export { limitRequests, stopOnSignals } from './serving';
