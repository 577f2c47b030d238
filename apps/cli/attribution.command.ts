import { field } from '@baton/kernel';
import { repeatHandlings } from '@baton/attribution';
import { action, type ActionGroup } from './command';
import { namesEnumeration } from './options';
import { formatField } from './output';
import { pathModelCodes, pathReport, printPathReport } from './paths/path-report';

const optional = { optional: true } as const;
const names = ['first', 'last', ...pathModelCodes];
const models = namesEnumeration('PathModel', 'A model of a path table.', names);

export const command: ActionGroup = {
  actions: {
    paths: action({
      description: 'Credit the conversions of a path table; needs no stores.',
      words: { 'paths.csv': 'columns path and conversions, optionally value and nulls' },
      options: {
        model: field.enum(models, 'The model.', { default: 'markov' }),
        order: field.integer('Order of the Markov chain.', { optional: true, min: 1, max: 4 }),
        repeats: field.enum(
          repeatHandlings,
          'Repeated channels in data-driven models; the default depends on the model.',
          optional,
        ),
        bootstrap: field.integer('Number of resamples for 95 % intervals (low, high).', {
          ...{ optional: true, min: 0, max: 2000 },
        }),
        seed: field.integer('Seed of random sampling; 1 by default.', optional),
        support: field.flag('Also print how many journeys support each row, and whether they are too few.', optional),
        nulls: field.flag('Ignore journeys that did not convert.', { default: true }),
        separator: field.text('Text between the steps of a path; " > " by default.', optional),
        ...formatField,
        pathColumn: field.text('Column of the path; by default path.', optional),
        conversionsColumn: field.text('Column of conversions; by default conversions or total_conversions.', optional),
        valueColumn: field.text(
          'Column of the value; by default value or total_conversion_value, if present.',
          optional,
        ),
        nullsColumn: field.text(
          'Column of paths without conversion; by default nulls or total_null, if present.',
          optional,
        ),
      },
      example: 'paths.csv --model markov --order 2 --json',
      run: async ([file], { format, json, support, ...options }) => {
        const report = await pathReport(file!, options);
        printPathReport(report, json ? 'json' : format, support ?? options.bootstrap !== undefined);
      },
    }),
  },
};
