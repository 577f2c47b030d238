import type { CommandRunner } from 'nest-commander';
import { Refused } from '@baton/kernel';
import { didYouMean } from './arguments';
import { reportTable, type ReportDefinition } from './reports';

export type Command = Parameters<CommandRunner['setCommand']>[0];

/** One action of a command: its arguments, its options and an example. */
interface Action {
  readonly does: string;
  readonly arguments?: string;
  /** Long names of the options. */
  readonly options: readonly string[];
  /** The required ones. */
  readonly needs?: readonly string[];
  /** Help text of an option where it depends on the action. */
  readonly values?: Readonly<Record<string, string>>;
  readonly example: string;
}
type Actions = Readonly<Record<string, Action>>;

/** Values that an option of a report accepts, for the help. */
const valuesOf = ({
  by,
  severalBy,
  filters,
  models,
  severalModels,
  conversions,
  definition,
}: Omit<ReportDefinition, 'does' | 'options' | 'example'>) => {
  const list = (known: readonly string[], several = false) => `${known.join(', ')}${several ? '; or several' : ''}.`;
  return {
    ...(by && { by: list(by, severalBy) }),
    ...(filters && { filter: `Fields: ${list(filters)}`, none: `Fields: ${list(filters)}` }),
    ...(models && { model: list(models, severalModels) }),
    ...(conversions && { conversion: list(conversions) }),
    ...(definition && { definition }),
  };
};

/**
 * Actions of every command that has them. The help of each action and the check of its options are made from this
 * table.
 */
export const actions: Readonly<Record<string, Actions>> = {
  report: Object.fromEntries(
    Object.entries<ReportDefinition>(reportTable).map(([name, { does, options, example, ...takes }]) => [
      name,
      { does, options, example, values: valuesOf(takes) },
    ]),
  ),
  attribution: {
    paths: {
      does: 'Credit the conversions of a path table; needs no stores.',
      arguments: '<paths.csv>',
      options: [
        ...['model', 'order', 'repeats', 'bootstrap', 'seed', 'support', 'no-nulls', 'separator', 'format'],
        ...['path-column', 'conversions-column', 'value-column', 'nulls-column'],
      ],
      example: 'paths paths.csv --model markov --order 2 --json',
    },
  },
  keys: {
    create: {
      does: 'Create a key; it is shown once.',
      options: ['label', 'roles', 'origin', 'acts-for-persons'],
      needs: ['label', 'roles'],
      example: 'create --label warehouse --roles analyst',
    },
    list: { does: 'List all keys, revoked ones included.', options: [], example: 'list' },
    revoke: {
      does: 'Revoke a key.',
      arguments: '<keyId>',
      options: [],
      example: 'revoke 0f3a91c27be4',
    },
  },
  proof: {
    head: { does: 'Print the newest signed head.', options: [], example: 'head' },
    sign: {
      does: 'Sign a head of the log as it is now, and hand it to the witness.',
      options: [],
      example: 'sign > head.txt',
    },
    event: {
      does: 'Prove that an event, given by its id or position, is in the log.',
      arguments: '<event>',
      options: ['size'],
      example: 'event 5f0c0b7e-5f0a-5a43-9a43-3f0f5c1a2b3c --json',
    },
    consistency: {
      does: 'Prove that the first so many events are the beginning of a later size.',
      arguments: '<from>',
      options: ['to'],
      example: 'consistency 1200 --to 5000',
    },
    key: {
      does: 'Print the verifier keys, the current one first; or a new signing key.',
      options: ['new'],
      example: 'key',
    },
    rotate: { does: 'Replace the signing key; earlier verifier keys are kept.', options: [], example: 'rotate' },
  },
  parked: {
    list: {
      does: 'List the parked sequences, each with the event that could not be handled.',
      options: [],
      example: 'list',
    },
    retry: {
      does: 'Retry the event; exit code 1 if it still cannot be handled.',
      arguments: '<follower> <sequence>',
      options: [],
      example: 'retry leads-v1-1 ada',
    },
    discard: {
      does: 'Skip the event and continue with the next one.',
      arguments: '<follower> <sequence>',
      options: [],
      example: 'discard leads-v1-1 ada',
    },
  },
  outbox: {
    list: { does: 'List the messages of each target, and those not delivered yet.', options: [], example: 'list' },
    retry: { does: 'Send a message now.', arguments: '<message>', options: [], example: 'retry 3f6c…' },
  },
  definitions: {
    list: { does: 'List all versions, of one kind or of all.', options: ['kind'], example: 'list --kind mql' },
    show: {
      does: 'Show the version in force, now or at an instant.',
      options: ['kind', 'from'],
      needs: ['kind'],
      example: 'show --kind mql',
    },
    diff: {
      does: 'Compare two versions.',
      options: ['kind', 'against', 'number'],
      needs: ['kind', 'against', 'number'],
      example: 'diff --kind mql --against 1 --number 2',
    },
    due: { does: 'List versions whose review is due soon.', options: ['days'], example: 'due --days 14' },
    overdue: { does: 'List versions whose review is overdue.', options: [], example: 'overdue' },
    propose: {
      does: 'Propose a new version; prints its number.',
      options: ['kind', 'body', 'reason', 'from', 'review-by', 'as'],
      needs: ['kind', 'reason'],
      example: 'propose --kind mql --reason "Smaller companies buy too." --body mql.json',
    },
    approve: {
      does: 'Approve a version for a team.',
      options: ['kind', 'number', 'team', 'as'],
      needs: ['kind', 'number', 'team'],
      example: 'approve --kind mql --number 2 --team sales --as sam',
    },
    retire: {
      does: 'Retire a version.',
      options: ['kind', 'number', 'reason', 'as'],
      needs: ['kind', 'number', 'reason'],
      example: 'retire --kind mql --number 2 --reason "Replaced by scores."',
    },
    apply: {
      does: 'Re-evaluate open leads by the version in force: mql or scoring-model.',
      options: ['kind', 'as'],
      needs: ['kind'],
      example: 'apply --kind mql',
    },
    starter: { does: 'Print a starting body.', options: ['kind'], example: 'starter --kind mql' },
  },
};
/** Options that every action takes. */
const commonOptions = ['json'];

const longNameOf = (long: string | undefined): string => (long ?? '').slice(2);

/** @throws Refused `cli/unknown-action`, `cli/option-not-taken`, `cli/argument-missing`, `cli/too-many-arguments` */
const checkAction = (command: Command, own: Actions): void => {
  const [name = '', ...given] = command.args;
  const title = `baton ${command.name()} ${name}`;
  const action = Object.hasOwn(own, name) ? own[name] : undefined;
  if (!action) {
    const names = Object.keys(own);
    throw new Refused(
      'cli/unknown-action',
      `baton ${command.name()} has no action "${name}"; the actions are ${names.join(', ')}.${didYouMean(name, names)}`,
      'action',
    );
  }
  for (const option of command.options) {
    const long = longNameOf(option.long);
    if (command.getOptionValueSource(option.attributeName()) !== 'cli') continue;
    if (action.options.includes(long) || commonOptions.includes(long)) continue;
    const taken = [...action.options, ...commonOptions].map((one) => `--${one}`).join(', ');
    throw new Refused('cli/option-not-taken', `${title} does not take --${long}; it takes ${taken}.`, long);
  }
  const named = (action.arguments ?? '').split(' ').filter((one) => one !== '');
  const missing = named[given.length];
  if (missing !== undefined)
    throw new Refused(
      'cli/argument-missing',
      `${missing} is missing: run ${title} ${named.join(' ')}.`,
      missing.slice(1, -1),
    );
  if (given.length > named.length) throw tooManyArguments(title, given[named.length]!);
  const wanted = (action.needs ?? []).filter((long) => {
    const option = command.options.find((one) => one.long === `--${long}`)!;
    return command.getOptionValueSource(option.attributeName()) === undefined;
  });
  if (wanted.length > 0)
    throw new Refused(
      'cli/argument-missing',
      `${title} requires ${wanted.map((one) => `--${one}`).join(' and ')}.`,
      wanted[0],
    );
};
const tooManyArguments = (title: string, argument: string): Refused =>
  new Refused(
    'cli/too-many-arguments',
    `${title} does not take the argument "${argument}"; run it with --help to see its arguments.`,
  );

const codeOfParser = (error: Error): unknown => (error as { readonly code?: unknown }).code;
/**
 * Translates an error of the parser (commander) into a refusal; undefined for the help.
 * @param command the command whose line was parsed, or the program
 * @param named   the action on the line, if any
 */
export const toRefusal = (error: Error, command: Command, named: string | undefined): Error => {
  const [, quoted = ''] = /'([^']*)'/.exec(error.message) ?? [];
  const flag = quoted.split(' ')[0]!.replace(/^--/, '');
  const taken = (named !== undefined && actions[command.name()]?.[named]?.options) || undefined;
  const options = command.options
    .map(({ long }) => longNameOf(long))
    .filter((one) => (taken ? taken.includes(one) : true));
  const others = command.commands.map((one) => one.name());
  switch (codeOfParser(error)) {
    case 'commander.unknownOption':
      return new Refused(
        'cli/unknown-option',
        `There is no option ${quoted}.${didYouMean(flag, [...options, ...commonOptions]).replace('mean ', 'mean --')} Run the command with --help to see its options.`,
        flag,
      );
    case 'commander.optionMissingArgument':
      return new Refused('cli/argument-missing', `The option needs a value: ${quoted}.`, flag);
    case 'commander.missingArgument':
      return new Refused(
        'cli/argument-missing',
        `${quoted} is missing: run baton ${command.name()} ${command.usage()}.`,
        quoted,
      );
    case 'commander.unknownCommand':
      return new Refused(
        'cli/unknown-command',
        `There is no command "${quoted}".${didYouMean(quoted, others)} Run baton --help to see the commands.`,
        'command',
      );
    case 'commander.excessArguments':
      return tooManyArguments(`baton ${command.name()}`, command.args.at(-1) ?? '');
    default:
      return error;
  }
};

/**
 * Gives each action of a command its own help, with only its own options, and refuses other options.
 * @param named the action on the command line, if any
 */
export const withActions = (command: Command, named: string | undefined): void => {
  const own = actions[command.name()];
  if (!own) {
    command.allowExcessArguments(false);
    return;
  }
  command.hook('preAction', () => checkAction(command, own));
  const action = named !== undefined && Object.hasOwn(own, named) ? own[named] : undefined;
  if (!action) {
    const width = Math.max(...Object.keys(own).map((name) => name.length));
    const lines = Object.entries(own).map(([name, { does }]) => `  ${name.padEnd(width)}  ${does}`);
    // The options depend on the action.
    command.configureHelp({ visibleOptions: () => [] });
    command.addHelpText(
      'after',
      `\nActions, each with a help of its own (baton ${command.name()} <action> --help):\n${lines.join('\n')}`,
    );
    return;
  }
  const title = `${command.name()} ${named}`;
  const needs = (action.needs ?? []).map(
    (long) => `${command.options.find((one) => one.long === `--${long}`)!.flags} `,
  );
  command.configureHelp({
    commandUsage: () => `baton ${title} ${action.arguments ? `${action.arguments} ` : ''}${needs.join('')}[options]`,
    commandDescription: () => action.does,
    visibleArguments: () => [],
    visibleOptions: ({ options }) =>
      options.filter(({ long }) => [...action.options, ...commonOptions].includes(longNameOf(long))),
    optionDescription: ({ long, description }) =>
      [description, action.values?.[longNameOf(long)] ?? ''].filter((text) => text !== '').join(' '),
  });
  command.addHelpText('after', `\nExample: baton ${command.name()} ${action.example}`);
};
