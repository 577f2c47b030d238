import { field, objectFields, roles } from '@baton/kernel';
import { leadEvents } from '@baton/leads';
import { opportunityEvents } from '@baton/opportunities';
import { report, snapshotSubscription } from '@baton/platform/report';
import { dealFilterArguments } from '../report-arguments';
import { pipeline, pipelineAnswer } from './pipeline.query';

export const pipelineReport = report({
  name: 'pipeline',
  description: 'Open deals by stage and people by lifecycle stage; owner and source restrict the people too.',
  ...{ allow: roles, heavy: 'period' },
  arguments: dealFilterArguments,
  answer: field.object(pipelineAnswer, 'The report.'),
  ask: (filters, { models }) => pipeline(models, { filters }),
});

export const pipelineSubscription = snapshotSubscription({
  name: 'pipelineChanges',
  description: 'The pipeline now, and again whenever it has changed.',
  allow: roles,
  arguments: {},
  answer: objectFields('PipelineAt', 'The pipeline as it stood at a moment.', {
    pipeline: field.object(pipelineAnswer, 'Where open deals and leads stood.'),
  }),
  types: [...opportunityEvents.schemas.keys(), ...leadEvents.schemas.keys()],
  state: async (_, models) => ({ pipeline: await pipeline(models) }),
});
