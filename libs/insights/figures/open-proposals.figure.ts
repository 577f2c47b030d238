import { openDealFact } from './facts/open-deals.fact';
import { count, figure } from './figure.rules';

export const openProposals = figure({
  code: 'open-proposals',
  title: 'Open deals with a proposal',
  unit: 'count',
  formula: 'open deals that a proposal was sent for by the end of the period, as they stood then',
  rows: { fact: openDealFact, where: { proposal: true }, time: { takenAt: 'takenAt', since: 'openedAt' } },
  value: count(),
});
