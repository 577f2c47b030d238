import { aggregate, type ContextParts } from '@baton/kernel';
import { accessIndex } from './access-index.projection';
import { keyDecider } from './key.decider';
import { ToKey } from './key.events';
import { keyList } from './keys.read-model';

export { Access, ACTS_FOR } from './access';
export { readsPersonal, type CallerIdentity } from './caller-identity';
export {
  AccessLog,
  notRecorded,
  readEntries,
  type AccessActor,
  type AccessEntry,
  type RecordAccess,
} from './access-log';
export { accessIndex, CHUNK_EVENTS, mayName } from './access-index.projection';
export { accessEvents, REASON_LENGTH, type AccessEvent } from './access.events';
export { PersonalReads, ReadsOfCallers } from './personal-reads';
export { RefusedAccess } from './refused-access';
export { Oidc } from './oidc';
export { keyList, type KeyDocument } from './keys.read-model';
export const accessParts: ContextParts = {
  name: 'access',
  aggregates: [aggregate(ToKey, keyDecider)],
  projections: [keyList, accessIndex],
  policies: [],
};
