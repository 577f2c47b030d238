import type { CommandRunner } from 'nest-commander';
import { Refused } from '@baton/kernel';

type Command = Parameters<CommandRunner['setCommand']>[0];

/** One thing that a command can do: its arguments, the options that it takes, and an example. */
interface Action {
  readonly does: string;
  readonly arguments?: string;
  /** By their long names. */
  readonly options: readonly string[];
  readonly example: string;
}
type Actions = Readonly<Record<string, Action>>;

/** The actions of every command that has some: the help of each, and what it refuses, come from here. */
export const actions: Readonly<Record<string, Actions>> = {
  keys: {
    create: {
      does: 'Make a key; it is told this once.',
      options: ['label', 'roles', 'origin', 'acts-for-persons'],
      example: 'create --label warehouse --roles analyst',
    },
    list: { does: 'The keys, those that are revoked too.', options: [], example: 'list' },
    revoke: {
      does: 'Take a key back.',
      arguments: '<keyId>',
      options: [],
      example: 'revoke 0f3a91c27be4',
    },
  },
  parked: {
    list: { does: 'What waits, and the event that it waits behind.', options: [], example: 'list' },
    retry: {
      does: 'Try the event again; exit code 1 if it still cannot be handled.',
      arguments: '<follower> <sequence>',
      options: [],
      example: 'retry leads-v1-1 ada',
    },
    discard: {
      does: 'Leave the event out, and go on behind it.',
      arguments: '<follower> <sequence>',
      options: [],
      example: 'discard leads-v1-1 ada',
    },
  },
  outbox: {
    list: { does: 'Messages of each target, and those that have not reached it.', options: [], example: 'list' },
    retry: { does: 'Send a message again.', arguments: '<message>', options: [], example: 'retry 3f6c…' },
  },
  definitions: {
    list: { does: 'All versions, of one kind or of all.', options: ['kind'], example: 'list --kind mql' },
    show: {
      does: 'The version in force, now or at an instant.',
      options: ['kind', 'from'],
      example: 'show --kind mql',
    },
    diff: {
      does: 'What differs between two versions.',
      options: ['kind', 'against', 'number'],
      example: 'diff --kind mql --against 1 --number 2',
    },
    due: { does: 'Versions that are to be reviewed soon.', options: ['days'], example: 'due --days 14' },
    overdue: { does: 'Versions whose review is late.', options: [], example: 'overdue' },
    propose: {
      does: 'Propose a new version, and say its number.',
      options: ['kind', 'body', 'reason', 'from', 'review-by', 'as'],
      example: 'propose --kind mql --reason "Smaller companies buy too." --body mql.json',
    },
    approve: {
      does: 'Approve a version for a team.',
      options: ['kind', 'number', 'team', 'as'],
      example: 'approve --kind mql --number 2 --team sales --as sam',
    },
    retire: {
      does: 'End a version.',
      options: ['kind', 'number', 'reason', 'as'],
      example: 'retire --kind mql --number 2 --reason "Replaced by scores."',
    },
    apply: {
      does: 'Judge open leads by what is in force: mql or scoring-model.',
      options: ['kind', 'as'],
      example: 'apply --kind mql',
    },
    starter: { does: 'A body to start with.', options: ['kind'], example: 'starter --kind mql' },
  },
};
/** What every action takes. */
const always = ['json'];

/** @throws Refused `cli/unknown-action`, `cli/option-not-taken` */
const checkAction = (command: Command, own: Actions): void => {
  const name = command.args[0] ?? '';
  const action = Object.hasOwn(own, name) ? own[name] : undefined;
  if (!action) throw new Refused('cli/unknown-action', `Say ${Object.keys(own).join(', ')}.`, 'action');
  for (const option of command.options) {
    const long = option.long!.slice(2);
    if (command.getOptionValueSource(option.attributeName()) !== 'cli') continue;
    if (action.options.includes(long) || always.includes(long)) continue;
    const taken = [...action.options, 'json'].map((one) => `--${one}`).join(', ');
    throw new Refused('cli/option-not-taken', `${command.name()} ${name} takes ${taken}.`, long);
  }
};

/**
 * Gives a command a help for each of its actions, with the options of that action alone, and lets it refuse the others.
 * @param named the action that the command line names, if any
 */
export const withActions = (command: Command, named: string | undefined): void => {
  const own = actions[command.name()];
  if (!own) return;
  command.hook('preAction', () => checkAction(command, own));
  const action = named !== undefined && Object.hasOwn(own, named) ? own[named] : undefined;
  if (!action) {
    const width = Math.max(...Object.keys(own).map((name) => name.length));
    const lines = Object.entries(own).map(([name, { does }]) => `  ${name.padEnd(width)}  ${does}`);
    command.addHelpText(
      'after',
      `\nActions, each with a help of its own (baton ${command.name()} <action> --help):\n${lines.join('\n')}`,
    );
    return;
  }
  const title = `${command.name()} ${named}`;
  command.configureHelp({
    commandUsage: () => `baton ${title} ${action.arguments ? `${action.arguments} ` : ''}[options]`,
    commandDescription: () => action.does,
    visibleArguments: () => [],
    visibleOptions: ({ options }) =>
      options.filter(({ long }) => [...action.options, ...always].includes((long ?? '').slice(2))),
  });
  command.addHelpText('after', `\nExample: baton ${command.name()} ${action.example}`);
};
