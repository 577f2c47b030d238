import { keyEvents } from './key.events';
import { keyList } from './key.projection';

export { Access, ACTS_FOR, type CallerIdentity } from './access';
export { keyOrigins, type KeyOrigin } from './key.events';
export { Oidc } from './oidc';
export { KeyHandler } from './key.handler';
export { keyList, type KeyDocument } from './key.projection';
export const accessParts = {
  name: 'access',
  events: [keyEvents],
  projections: [keyList],
  policies: [],
  dueLists: [],
};
