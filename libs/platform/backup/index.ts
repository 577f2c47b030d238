export { backUp, restore, restorePolicies, type Manifest, type PolicyProgress } from './backup';
export { copyLog, openLog, type CopyResult } from './copy-log';
