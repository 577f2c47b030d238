import { lifecycles, requalifiedSince, sentBack } from './facts/lifecycles.fact';
import { count, figure, ratio } from './figure.rules';

export const requalifiedRate = figure({
  code: 'requalified-rate',
  title: 'Requalified',
  unit: 'ratio',
  formula:
    'people who became MQL again after they were first rejected or recycled / people who were first rejected or recycled in the period',
  rows: { fact: lifecycles, time: { at: sentBack } },
  value: ratio(count({ [requalifiedSince]: { known: true } }), count(), {
    open: { qualifiable: true },
    takes: { from: sentBack, to: requalifiedSince },
  }),
});
