import { cycleColumn, legColumn, legs, skippedColumn, wonJourneys, type Leg } from './facts/won-journeys.fact';
import { count, figure, mean, median, quantile, ratio, type Figure } from './figure.rules';

const rows = { fact: wonJourneys, time: { at: 'wonAt' } };
const names: Readonly<Record<Leg, string>> = {
  ...{ 'first-touch': 'first touch', lead: 'lead', mql: 'MQL', handoff: 'handoff', sal: 'SAL', sql: 'SQL' },
  ...{ opportunity: 'opportunity', proposal: 'proposal' },
};
/** The figures of how long something took: mean, median and 90th percentile. */
const timesOf = (code: string, title: string, what: string, column: string): readonly Figure[] => [
  figure({
    ...{ code: `${code}-mean`, title: `${title}: mean`, unit: 'days', rows },
    formula: `mean days ${what}`,
    value: mean(column),
  }),
  figure({
    ...{ code: `${code}-median`, title: `${title}: median`, unit: 'days', rows },
    formula: `median days ${what}`,
    value: median(column),
  }),
  figure({
    ...{ code: `${code}-p90`, title: `${title}: 90th percentile`, unit: 'days', rows },
    formula: `days within which 90 % took it ${what}`,
    value: quantile(0.9, column),
  }),
];

const cycleFigures = timesOf(
  'journey',
  'First touch to win',
  'from the first touch of the primary contact to the win, of the deals won in the period; from what comes next where there was none',
  cycleColumn,
);
const figuresOfLeg = (leg: Leg): readonly Figure[] => {
  const next = legs[legs.indexOf(leg) + 1];
  const to = next === undefined ? 'win' : names[next];
  const title = `${names[leg]} to ${to}`;
  return [
    ...timesOf(
      `${leg}-leg`,
      title,
      `from ${names[leg]} to ${to}, of the deals won in the period; 0 where it was skipped`,
      legColumn(leg),
    ),
    figure({
      ...{ code: `${leg}-leg-skipped`, title: `${title}: skipped`, unit: 'ratio', rows },
      formula: `deals won in the period without ${names[leg]} before the next / deals won in the period`,
      value: ratio(count({ [skippedColumn(leg)]: { atLeast: 1 } }), count()),
    }),
  ];
};

/** The legs of the journeys of won deals; their means add up to that of the journey. */
export const journeyFigures: readonly Figure[] = [...cycleFigures, ...legs.flatMap(figuresOfLeg)];
