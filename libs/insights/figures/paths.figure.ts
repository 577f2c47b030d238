import { entryKinds, pathsOf, type EntryKind } from './facts/paths.fact';
import { count, figure, mean, median, quantile, ratio, type Figure } from './figure.rules';

/** How often a path was gone, how long it took, and what followed what; by `variant`, `transition` and `pathStep`. */
export interface PathFigures {
  readonly paths: Figure;
  readonly days: Figure;
  readonly rework: Figure;
  readonly transitions: Figure;
  readonly meanGap: Figure;
  readonly medianGap: Figure;
  readonly p90Gap: Figure;
  readonly repeated: Figure;
}
const words: Readonly<Record<EntryKind, { readonly code: string; readonly title: string; readonly whose: string }>> = {
  people: { code: 'lead', title: 'Lead', whose: 'leads whose first stay began in the period' },
  deals: { code: 'deal', title: 'Deal', whose: 'deals whose first stay began in the period' },
  activities: { code: 'activity', title: 'Activity', whose: 'leads whose first touch lies in the period' },
};

const figuresOf = (kind: EntryKind): PathFigures => {
  const { code, title, whose } = words[kind];
  const time = { at: 'startedAt' };
  const paths = { fact: pathsOf[kind].paths, time };
  const entries = { fact: pathsOf[kind].transitions, time };
  const followed = { transition: { known: true } } as const;
  return {
    paths: figure({
      ...{ code: `${code}-paths`, title: `${title} paths`, unit: 'count', rows: paths, value: count() },
      formula: `${whose}; by variant, how many went the same way`,
    }),
    days: figure({
      ...{ code: `${code}-path-days`, title: `${title} path: median days`, unit: 'days', rows: paths },
      ...{ formula: `median days from the first to the last step of ${whose}`, value: median('pathMs') },
    }),
    rework: figure({
      ...{ code: `${code}-rework-rate`, title: `${title} rework rate`, unit: 'ratio', rows: paths },
      formula: `those that came to a step again / ${whose}`,
      value: ratio(count({ again: { atLeast: 1 } }), count()),
    }),
    transitions: figure({
      ...{ code: `${code}-transitions`, title: `${title} transitions`, unit: 'count', rows: entries },
      ...{ formula: `steps that another followed, of ${whose}; by transition`, value: count(followed) },
    }),
    meanGap: figure({
      ...{ code: `${code}-transition-mean`, title: `${title} transitions: mean`, unit: 'days', rows: entries },
      ...{ formula: `mean days from a step to the next, of ${whose}`, value: mean('gapMs', followed) },
    }),
    medianGap: figure({
      ...{ code: `${code}-transition-median`, title: `${title} transitions: median`, unit: 'days', rows: entries },
      ...{ formula: `median days from a step to the next, of ${whose}`, value: median('gapMs', followed) },
    }),
    p90Gap: figure({
      ...{
        code: `${code}-transition-p90`,
        title: `${title} transitions: 90th percentile`,
        unit: 'days',
        rows: entries,
      },
      ...{
        formula: `days within which 90 % of the steps were followed by the next, of ${whose}`,
        value: quantile(0.9, 'gapMs', followed),
      },
    }),
    repeated: figure({
      ...{ code: `${code}-repeated-steps`, title: `${title} repeated steps`, unit: 'count', rows: entries },
      formula: `steps that the same path came to again, each counted once, of ${whose}; by pathStep`,
      value: count({ visit: { atLeast: 2, atMost: 2 } }),
    }),
  };
};
export const pathFiguresOf: Readonly<Record<EntryKind, PathFigures>> = {
  people: figuresOf('people'),
  deals: figuresOf('deals'),
  activities: figuresOf('activities'),
};

export const pathFigures: readonly Figure[] = entryKinds.flatMap((kind) => Object.values(pathFiguresOf[kind]));
