import type { Model } from './credit.model';
import { firstTouch } from './first-touch.model';
import { lastNonDirect } from './last-non-direct.model';
import { lastTouch } from './last-touch.model';
import { linear } from './linear.model';
import { positionBased } from './position-based.model';
import { timeDecay } from './time-decay.model';
import { uShaped } from './u-shaped.model';
import { wShaped } from './w-shaped.model';

/** Every attribution model, in the order in which reports show them; the one list. */
export const attributionModels: readonly Model[] = [
  firstTouch,
  lastTouch,
  lastNonDirect,
  linear,
  uShaped,
  wShaped,
  positionBased,
  timeDecay,
];
