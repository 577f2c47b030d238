import { leads, type LeadDocument, type StageName } from '@baton/leads';
import { fact, instantOf, textOf, type FactColumn, type JoinedDimension } from '../fact.rules';
import { ofColleague } from './colleagues.fact';

/** The stages in the order in which a person goes through them. */
export const stagePath = ['lead', 'mql', 'handed-off', 'sal', 'sql', 'opportunity', 'customer'] as const;
type PathStage = (typeof stagePath)[number];
/** Each pair of a stage and a later one. */
export const stagePairs: readonly (readonly [PathStage, PathStage])[] = stagePath.flatMap((from, place) =>
  stagePath.slice(place + 1).map((to) => [from, to] as const),
);
/** The columns of the first entry into a stage, and of the first entry into a later one, or beyond it, since then. */
export const enteredColumn = (stage: PathStage): string => `entered ${stage}`;
export const convertedColumn = (from: PathStage, to: PathStage): string => `${from} to ${to}`;

const placeOf = (stage: StageName): number => (stagePath as readonly StageName[]).indexOf(stage);
const firstEntry = ({ history }: LeadDocument, stage: PathStage): number =>
  history.findIndex((move) => move.stage === stage);
const conversion =
  (from: PathStage, to: PathStage) =>
  (lead: LeadDocument): string | undefined => {
    const entry = firstEntry(lead, from);
    return entry < 0
      ? undefined
      : lead.history.find(({ stage }, place) => place >= entry && placeOf(stage) >= placeOf(to))?.at;
  };
/** Where a person may still go on from. */
const isLive = ({ stage }: LeadDocument): boolean => stage !== 'customer' && placeOf(stage) >= 0;

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

/** Every living person, with the instants of the stages. */
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
    stage: textOf(({ stage }) => stage),
    live: textOf(isLive),
    source: textOf(({ source }) => source),
    owner: textOf(({ owner }) => owner),
    rep: textOf(({ rep }) => rep),
    country: textOf(({ country }) => country),
    region: textOf(({ region }) => region),
    industry: textOf(({ industry }) => industry),
    size: textOf(sizeOf),
    ...(Object.fromEntries([
      ...stagePath.map((stage) => [
        enteredColumn(stage),
        instantOf((lead: LeadDocument) => lead.history[firstEntry(lead, stage)]?.at),
      ]),
      ...stagePairs.map(([from, to]) => [convertedColumn(from, to), instantOf(conversion(from, to))]),
    ]) as Record<string, FactColumn<LeadDocument>>),
  },
  dimensions: {
    ...{ source: 'source', owner: 'owner', rep: 'rep', stage: 'stage' },
    ...{ manager: ofColleague('rep', [], 'manager'), team: ofColleague('rep', [], 'team') },
    ...{ country: 'country', region: 'region', industry: 'industry', segment: 'industry', size: 'size' },
  },
});

/** A dimension of a fact whose column `leadId` names a person: that of the person. */
export const ofPerson = (column: string): JoinedDimension => ({ through: 'leadId', fact: () => people, column });
