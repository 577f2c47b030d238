import { enumeration, field, objectFields, roles } from '@baton/kernel';
import { report } from '@baton/platform/report';
import { legs, type Leg } from '../../figures/facts/won-journeys.fact';
import { askFigures, type AnsweredFigure } from '../../figures/figures.query';
import {
  answeredPeriodFields,
  compareArgument,
  erasedCount,
  value as figureValue,
  groupFields,
  scopeArguments,
  methodOfScope,
  scopeOf,
} from '../../figures/figures.report';
import { answeredPeriod, shownValue } from '../../figures/shown-figures.query';
import { journeyFigures } from '../../figures/journey-legs.figure';

const beginnings = enumeration<Leg>(
  'JourneyLeg',
  'What a leg of a journey begins with; it ends with the next one, the last with the win.',
  {
    'first-touch': 'The first touch of the primary contact.',
    ...{ lead: 'It became a lead.', mql: 'It became an MQL.', handoff: 'It was handed off.' },
    ...{ sal: 'A rep accepted it.', sql: 'Sales qualified it.', opportunity: 'The deal was opened.' },
    proposal: 'The last proposal was sent.',
  },
);
const times = {
  mean: field.object(figureValue, 'Mean days; those of the legs add up to that of the journey.'),
  median: field.object(figureValue, 'Median days.'),
  p90: field.object(figureValue, 'Days within which 90 % took it.'),
} as const;
const legValues = {
  ...times,
  skipped: field.object(figureValue, 'Share of the deals that skipped its beginning: their leg is 0.'),
} as const;
const legGroup = objectFields('JourneyLegGroup', 'A leg of some deals.', { ...groupFields, ...legValues });
const leg = objectFields('JourneyLegTimes', 'How long a leg took.', {
  begins: field.enum(
    beginnings,
    'What it begins with; the figures are `<begins>-leg-mean` and so on for `figureRows`.',
  ),
  ...legValues,
  groups: field.object(legGroup, 'One per group.', { list: true }),
});
const journeyGroup = objectFields('JourneyTimesGroup', 'The journeys of some deals.', { ...groupFields, ...times });
const journey = objectFields('JourneyTimes', 'How long journeys took.', {
  ...times,
  groups: field.object(journeyGroup, 'One per group.', { list: true }),
});

type Shown = ReturnType<typeof shownValue>;
/** The values of figures that are answered in turn, by name: of all, and of each group. */
const named = <N extends string>(names: readonly N[], answers: readonly AnsweredFigure[]) => {
  const by = (valueOf: (one: AnsweredFigure) => Shown) =>
    Object.fromEntries(names.map((name, place) => [name, valueOf(answers[place]!)])) as Record<N, Shown>;
  return {
    ...by(({ figure, total }) => shownValue(figure, total[0]!)),
    groups: answers[0]!.groups.map(({ group }, place) => ({
      ...group,
      ...by(({ figure, groups }) => shownValue(figure, groups[place]!.values[0]!)),
    })),
  };
};

const { window: _, ...scope } = scopeArguments;
export const journeyLegsReport = report({
  name: 'journeyLegs',
  description:
    'How long each leg took on the way from the first touch to the win, over the deals won in the period: by the latest entry of the primary contact into a stage before the next.',
  ...{ allow: roles, heavy: 'period' },
  arguments: {
    ...compareArgument,
    ...scope,
  },
  answer: field.object(
    objectFields('JourneyLegs', 'The journeys of won deals, leg by leg.', {
      ...answeredPeriodFields,
      erased: erasedCount,
      journey: field.object(journey, 'From the first touch, or what comes next where there was none, to the win.'),
      legs: field.object(leg, 'The legs in their order.', { list: true }),
    }),
    'The report.',
  ),
  ask: async (asked, context) => {
    const { models, at } = context;
    const question = scopeOf(asked);
    const { figures: answers, ...known } = await askFigures(
      models,
      journeyFigures,
      question,
      at,
      methodOfScope(question, context),
    );
    const timeNames = ['mean', 'median', 'p90'] as const;
    return {
      ...{ ...answeredPeriod(known, at), erased: answers[0]!.erased },
      journey: named(timeNames, answers.slice(0, 3)),
      legs: legs.map((begins, place) => ({
        begins,
        ...named([...timeNames, 'skipped'], answers.slice(3 + 4 * place, 7 + 4 * place)),
      })),
    };
  },
});
