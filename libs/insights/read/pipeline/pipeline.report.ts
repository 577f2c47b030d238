import { field, roles } from '@baton/kernel';
import { report } from '@baton/platform/report';
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
