import { aggregate, type ContextParts } from '@baton/kernel';
import { keyDecider } from './key.decider';
import { ToKey } from './key.events';
import { keyList } from './keys.read-model';

export { Access, ACTS_FOR } from './access';
export { readsPersonal, type CallerIdentity } from './caller-identity';
export { Oidc } from './oidc';
export { keyList, type KeyDocument } from './keys.read-model';
export const accessParts: ContextParts = {
  name: 'access',
  aggregates: [aggregate(ToKey, keyDecider)],
  projections: [keyList],
  policies: [],
};
