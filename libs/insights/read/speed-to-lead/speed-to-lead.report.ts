import { field, objectFields, roles } from '@baton/kernel';
import { report } from '@baton/platform/report';
import { contactRate } from '../../figures/contact-rate.figure';
import { answerTimeWords } from '../../figures/facts/handoffs.fact';
import { askFigures } from '../../figures/figures.query';
import {
  answeredPeriodFields,
  compareArgument,
  erasedCount,
  value as figureValue,
  scopeArguments,
  methodOfScope,
  scopeOf,
} from '../../figures/figures.report';
import { answeredPeriod, shownValue } from '../../figures/shown-figures.query';
import { handoffCount } from '../../figures/handoffs.figure';
import { handoffToCustomerRate } from '../../figures/handoff-to-customer-rate.figure';
import { handoffToSqlRate } from '../../figures/handoff-to-sql-rate.figure';

const figures = [handoffCount, contactRate, handoffToSqlRate, handoffToCustomerRate] as const;
const names = ['handoffs', 'contacted', 'becameSql', 'becameCustomer'] as const;
const row = objectFields('SpeedToLeadRow', 'What became of handoffs by how fast sales answered.', {
  answered: field.text(
    'How fast; of figures by `answeredWithin` this is the key for `figureRows`. Null for all handoffs.',
    { nullable: true },
  ),
  handoffs: field.object(figureValue, 'Handoffs made in the period.'),
  contacted: field.object(figureValue, 'Those in which a touch reached the person: connected, replied or met.'),
  becameSql: field.object(figureValue, 'Those after which the person became SQL, or beyond, before the next handoff.'),
  becameCustomer: field.object(figureValue, 'Those after which the person became a customer before the next handoff.'),
});
const { window: _, by: __, channelRules: ___, ...scope } = scopeArguments;
export const speedToLeadReport = report({
  name: 'speedToLead',
  description: 'Handoffs by how fast sales made the first outbound touch, and what became of them.',
  ...{ allow: roles, heavy: 'period' },
  arguments: {
    ...compareArgument,
    ...scope,
  },
  answer: field.object(
    objectFields('SpeedToLead', 'What became of handoffs by how fast sales answered.', {
      ...answeredPeriodFields,
      erased: erasedCount,
      rows: field.object(row, 'One per time of answer, the fastest first; the last is without one.', { list: true }),
      total: field.object(row, 'All handoffs.'),
    }),
    'The report.',
  ),
  ask: async (asked, context) => {
    const { models, at } = context;
    const question = { ...scopeOf(asked), by: 'answeredWithin' };
    const method = methodOfScope(question, context);
    const { figures: answers, ...known } = await askFigures(models, figures, question, at, method);
    // A bucket without handoffs is asked by itself: it has its figures too.
    const { figures: none } = await askFigures(
      models,
      figures,
      { ...question, filters: { answeredWithin: { in: [''] } } },
      at,
      method,
    );
    const valuesOf = (answered: string | null) =>
      Object.fromEntries(
        names.map((name, place) => {
          const { figure, total, groups } = answers[place]!;
          const own = answered === null ? total : groups.find(({ group }) => group.key === answered)?.values;
          return [name, shownValue(figure, (own ?? none[place]!.total)[0]!)];
        }),
      ) as Record<(typeof names)[number], ReturnType<typeof shownValue>>;
    return {
      ...{ ...answeredPeriod(known, at), erased: answers[0]!.erased },
      rows: answerTimeWords.map((answered) => ({ answered, ...valuesOf(answered) })),
      total: { answered: null, ...valuesOf(null) },
    };
  },
});
