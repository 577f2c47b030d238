import { field, objectFields, roles } from '@baton/kernel';
import { leadEvents } from '@baton/leads';
import { opportunityEvents } from '@baton/opportunities';
import { snapshotSubscription } from '@baton/platform/report';
import { pipeline, pipelineAnswer } from './pipeline.query';

export const pipelineSubscription = snapshotSubscription({
  name: 'pipelineChanges',
  description: 'The pipeline now, and again whenever it has changed.',
  allow: roles,
  arguments: {},
  answer: objectFields('PipelineAt', 'The pipeline as it stood at a moment.', {
    pipeline: field.object(pipelineAnswer, 'Where open deals and leads stood.'),
  }),
  types: [...opportunityEvents.schemas.keys(), ...leadEvents.schemas.keys()],
  state: async (_, models, at) => ({ pipeline: await pipeline(models, at) }),
});
