import { leads, type LeadDocument } from '@baton/leads';
import { fact, instantOf, textOf, type JoinedDimension } from '../fact.rules';
import { ofColleague } from './colleagues.fact';

/** Ranges of employees, by which companies are grouped. */
const sizes = [
  [10, '1–10'],
  [50, '11–50'],
  [200, '51–200'],
  [1000, '201–1000'],
  [Infinity, 'over 1000'],
] as const;
const sizeOf = ({ employees }: LeadDocument): string | undefined =>
  employees === undefined ? undefined : sizes.find(([most]) => employees <= most)![1];

/** Every living person. */
export const people = fact<LeadDocument, LeadDocument>({
  name: 'people',
  description:
    'Every lead that was captured and is not merged into another; team and manager are those of its present rep, as they stand.',
  entity: 'Lead',
  of: leads,
  rows: (lead) =>
    lead.capturedAt === undefined || lead.mergedInto !== undefined
      ? []
      : [{ id: lead.leadId, entity: lead.leadId, row: lead }],
  columns: {
    capturedAt: instantOf(({ capturedAt }) => capturedAt),
    firstTouchAt: instantOf(({ firstTouchAt }) => firstTouchAt),
    stage: textOf(({ stage }) => stage),
    source: textOf(({ source }) => source),
    owner: textOf(({ owner }) => owner),
    rep: textOf(({ rep }) => rep),
    account: textOf(({ company }) => company),
    country: textOf(({ country }) => country),
    region: textOf(({ region }) => region),
    industry: textOf(({ industry }) => industry),
    size: textOf(sizeOf),
  },
  dimensions: {
    ...{ source: 'source', owner: 'owner', rep: 'rep', stage: 'stage', account: 'account' },
    ...{ manager: ofColleague('rep', [], 'manager'), team: ofColleague('rep', [], 'team') },
    ...{ country: 'country', region: 'region', industry: 'industry', segment: 'industry', size: 'size' },
  },
});

/** A dimension of a fact whose column `leadId` names a person: that of the person. */
export const ofPerson = (column: string): JoinedDimension => ({ through: 'leadId', fact: () => people, column });
