import { Command, CommandRunner, Option } from 'nest-commander';
import { repeatHandlings, type RepeatHandling } from '@baton/attribution';
import { parseOneOf, parseWholeNumber } from './arguments';
import { formats, pathModelCodes, pathReport, printPathReport, type Format } from './paths/path-report';

interface Options {
  readonly model?: string;
  readonly order?: number;
  readonly pathColumn?: string;
  readonly conversionsColumn?: string;
  readonly valueColumn?: string;
  readonly nullsColumn?: string;
  readonly separator?: string;
  readonly nulls?: boolean;
  readonly repeats?: RepeatHandling;
  readonly bootstrap?: number;
  readonly seed?: number;
  readonly support?: boolean;
  readonly format?: Format;
  readonly json?: boolean;
}

@Command({
  name: 'attribution',
  arguments: '<action> [paths.csv]',
  argsDescription: { action: 'paths', 'paths.csv': 'columns path and conversions, optionally value and nulls' },
  description: 'Credit the conversions of a path table; needs no stores.',
})
export class AttributionCommand extends CommandRunner {
  async run([, file]: string[], options: Options): Promise<void> {
    const format = options.json ? 'json' : (options.format ?? 'table');
    const report = await pathReport(file!, { ...options, model: options.model ?? 'markov' });
    printPathReport(report, format, options.support ?? options.bootstrap !== undefined);
  }

  @Option({ flags: '--model <model>', description: `first, last, ${pathModelCodes.join(', ')}; markov by default.` })
  model(value: string) {
    return parseOneOf(value, ['first', 'last', ...pathModelCodes], 'model');
  }
  @Option({ flags: '--order <k>', description: 'Order of the Markov chain, 1 to 4.' })
  order(value: string) {
    return parseWholeNumber(value, 'order', 1, 4);
  }
  @Option({ flags: '--path-column <name>', description: 'Column of the path; by default path.' })
  pathColumn(value: string) {
    return value;
  }
  @Option({
    flags: '--conversions-column <name>',
    description: 'Column of conversions; by default conversions or total_conversions.',
  })
  conversionsColumn(value: string) {
    return value;
  }
  @Option({
    flags: '--value-column <name>',
    description: 'Column of the value; by default value or total_conversion_value, if present.',
  })
  valueColumn(value: string) {
    return value;
  }
  @Option({
    flags: '--nulls-column <name>',
    description: 'Column of paths without conversion; by default nulls or total_null, if present.',
  })
  nullsColumn(value: string) {
    return value;
  }
  @Option({ flags: '--separator <text>', description: 'Text between the steps of a path; " > " by default.' })
  separator(value: string) {
    return value;
  }
  @Option({ flags: '--no-nulls', description: 'Ignore journeys that did not convert.' })
  nulls() {
    return false;
  }
  @Option({
    flags: '--repeats <handling>',
    description: `Repeated channels in data-driven models: ${repeatHandlings.values.join(', ')}; the default depends on the model.`,
  })
  repeats(value: string) {
    return parseOneOf(value, repeatHandlings.values, 'repeats');
  }
  @Option({ flags: '--bootstrap <n>', description: 'Number of resamples for 95 % intervals (low, high).' })
  bootstrap(value: string) {
    return parseWholeNumber(value, 'bootstrap', 0, 2000);
  }
  @Option({ flags: '--seed <s>', description: 'Seed of random sampling; 1 by default.' })
  seed(value: string) {
    return parseWholeNumber(value, 'seed');
  }
  @Option({
    flags: '--support',
    description: 'Also print how many journeys support each row, and whether they are too few.',
  })
  support() {
    return true;
  }
  @Option({ flags: '--format <format>', description: `Output format: ${formats.join(', ')}; table by default.` })
  format(value: string) {
    return parseOneOf(value, formats, 'format');
  }
  @Option({ flags: '--json', description: 'The same as --format json.' })
  json() {
    return true;
  }
}
