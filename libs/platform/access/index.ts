import { aggregate, type ContextParts } from '@baton/kernel';
import { keyDecider } from './key.decider';
import { ToKey } from './key.events';
import { keyList } from './key.projection';

export { Access, ACTS_FOR } from './access';
export { readsPersonal, type CallerIdentity } from './caller-identity';
export { keyOrigins, type KeyOrigin } from './key.events';
export { Oidc } from './oidc';
export { keyList, type KeyDocument } from './key.projection';
export const accessParts: ContextParts = {
  name: 'access',
  aggregates: [aggregate(ToKey, keyDecider)],
  projections: [keyList],
  policies: [],
};
