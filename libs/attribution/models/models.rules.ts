import { enumeration } from '@baton/kernel';
import type { Model } from './credit.model';
import { custom } from './custom.model';
import { dataDrivenModels } from './data-driven.model';
import { firstTouch } from './first-touch.model';
import { fullPath } from './full-path.model';
import { inverseJ } from './inverse-j.model';
import { jShaped } from './j-shaped.model';
import { lastNonDirect } from './last-non-direct.model';
import { lastTouch } from './last-touch.model';
import { leadCreation } from './lead-creation.model';
import { linear } from './linear.model';
import { opportunityCreation } from './opportunity-creation.model';
import { participation } from './participation.model';
import { positionBased } from './position-based.model';
import { stepDecay } from './step-decay.model';
import { timeDecay } from './time-decay.model';
import { u50 } from './u-50.model';
import { uShaped } from './u-shaped.model';
import { wMilestones } from './w-milestones.model';
import { wShaped } from './w-shaped.model';

/** Every attribution model, in the order in which reports list them. */
export const attributionModels: readonly Model[] = [
  firstTouch,
  lastTouch,
  lastNonDirect,
  leadCreation,
  opportunityCreation,
  linear,
  uShaped,
  u50,
  positionBased,
  wShaped,
  wMilestones,
  fullPath,
  jShaped,
  inverseJ,
  timeDecay,
  stepDecay,
  custom,
  participation,
];

/** The models by their codes, the data-driven ones too. */
export const creditModels = enumeration<string>(
  'AttributionModel',
  'How credit is shared over the touches of a deal.',
  Object.fromEntries([...attributionModels, ...dataDrivenModels].map(({ code, description }) => [code, description])),
);
