import { Command as Parser } from 'commander';
import { Refused } from '@baton/kernel';
import { didYouMean } from './arguments';
import { optionNames, teach, wordsOf, type Action, type ActionGroup, type Command, type LazyAction } from './command';
import { fail, print, warn } from './output';
import { terminal } from './terminal';

interface ListedCommand {
  readonly description: string;
  readonly load: () => Promise<{ readonly command: Command }>;
}
/** Every command. A file is loaded when its command is named. */
export const commands: Readonly<Record<string, ListedCommand>> = {
  start: {
    description: 'Serve GraphQL and follow the log, in one process.',
    load: () => import('./start.command.js'),
  },
  demo: {
    description:
      'Fill an empty log with the last eighteen months of a made-up company, print its figures, and serve them.',
    load: () => import('./demo.command.js'),
  },
  import: {
    description: 'Turn each row of a CSV file into commands. Importing the same file again adds nothing.',
    load: () => import('./import.command.js'),
  },
  events: {
    description:
      'Print the log as NDJSON, one per line, oldest first; personal fields stay encrypted, hashes of keys are left out. Resume with --after.',
    load: () => import('./events.command.js'),
  },
  'case-file': {
    description: 'Show how a lead or deal was handled: every event in order, with actor, time, cause and changes.',
    load: () => import('./case-file.command.js'),
  },
  figures: {
    description: 'Print figures of the catalogue for a period, by what you like; without codes, the catalogue.',
    load: async () => ({ command: await (await import('./figures.command.js')).loadCommand() }),
  },
  report: {
    description: 'Print figures, the same as through GraphQL.',
    load: () => import('./report.command.js'),
  },
  list: {
    description: 'Print a list of leads, deals, touches …, the same as through GraphQL.',
    load: () => import('./list.command.js'),
  },
  attribution: {
    description: 'Credit the conversions of a path table; needs no stores.',
    load: () => import('./attribution.command.js'),
  },
  counterfactual: {
    description:
      'Replay the log under another SLA policy, calendar or routing; shows breaches gained and lost, and rerouted leads.',
    load: () => import('./counterfactual.command.js'),
  },
  definitions: {
    description:
      'Definitions agreed by both teams: list, show, compare, propose, approve, retire, apply to open leads, print starting bodies.',
    load: () => import('./definitions.command.js'),
  },
  proof: {
    description: 'Sign heads of the Merkle log, and prove from them that events are in it, unchanged.',
    load: () => import('./proof.command.js'),
  },
  export: {
    description:
      'Export the log or a read model; personal values stay sealed. To a file it goes on where it was stopped.',
    load: () => import('./export.command.js'),
  },
  verify: {
    description: 'Verify an export or a proof offline, by keys that you were given; needs no stores.',
    load: () => import('./verify.command.js'),
  },
  keys: {
    description: 'Create, list and revoke bearer keys; replace the master key.',
    load: () => import('./keys.command.js'),
  },
  erase: {
    description: 'Erase a person: destroy the keys of the personal data of a lead and of all that are merged with it.',
    load: () => import('./erase.command.js'),
  },
  erasures: {
    description: 'List erasures; repeat those of a list after a restore.',
    load: () => import('./erasures.command.js'),
  },
  status: {
    description: 'Show how far every read model and policy has followed the log.',
    load: () => import('./status.command.js'),
  },
  rebuild: {
    description: 'Rebuild a read model from the log beside the one in use, then switch to it.',
    load: () => import('./rebuild.command.js'),
  },
  parked: {
    description: 'List events that could not be handled; retry or discard them.',
    load: () => import('./parked.command.js'),
  },
  outbox: {
    description: 'List messages to other systems and their delivery; send one again.',
    load: () => import('./outbox.command.js'),
  },
  backup: {
    description: 'Back up log and keys while the server runs; read models are rebuilt on restore.',
    load: () => import('./backup.command.js'),
  },
  restore: {
    description: 'Restore a backup into an empty data folder and rebuild every read model.',
    load: () => import('./restore.command.js'),
  },
  'copy-log': {
    description: 'Copy every event of a log to another one (embedded or EventStoreDB), and compare both.',
    load: () => import('./copy-log.command.js'),
  },
};

const isGroup = (command: Command): command is ActionGroup => 'actions' in command;
export const loadAction = async (listed: Action | LazyAction): Promise<Action> =>
  'load' in listed ? listed.load() : listed;

/** The part of the line that was understood, for refusals. */
interface Line {
  /** `baton keys create` */
  title: string;
  parser: Parser;
  action?: Action;
  group?: ActionGroup;
}

const isWord = (text: string | undefined): text is string => text !== undefined && !text.startsWith('-');

/** @throws Refused `cli/unknown-command`, `cli/unknown-action`, `cli/argument-missing` */
const parserOf = async ([name, named]: readonly string[]): Promise<Line> => {
  const program = new Parser('baton');
  program.exitOverride().configureOutput({
    writeOut: print,
    writeErr: (text) => warn(text.trimEnd()),
    outputError: () => undefined, // the refusal is printed instead
  });
  if (isWord(name) && name !== 'help' && !Object.hasOwn(commands, name))
    throw new Refused(
      'cli/unknown-command',
      `There is no command "${name}".${didYouMean(name, Object.keys(commands))} Run baton --help to see the commands.`,
      'command',
    );
  const line: Line = { title: 'baton', parser: program };
  for (const [each, { description, load }] of Object.entries(commands)) {
    const parser = program.command(each).description(description);
    if (each !== name) continue;
    line.title = `baton ${name}`;
    line.parser = parser;
    const { command } = await load();
    if (isGroup(command)) await teachGroup(line, command, name, named);
    else teach(parser, (line.action = { ...command, description }), line.title);
  }
  return line;
};

const teachGroup = async (line: Line, group: ActionGroup, name: string, named: string | undefined): Promise<void> => {
  const names = Object.keys(group.actions);
  const { parser } = line;
  if (named === undefined)
    throw new Refused(
      'cli/argument-missing',
      `Name an action: run baton ${name} <${name}>; it is one of ${names.join(', ')}.`,
      name,
    );
  const known = isWord(named) && Object.hasOwn(group.actions, named) ? group.actions[named] : undefined;
  if (isWord(named) && !known)
    throw new Refused(
      'cli/unknown-action',
      `baton ${name} has no action "${named}"; the actions are ${names.join(', ')}.${didYouMean(named, names)}`,
      'action',
    );
  if (known) {
    line.group = group;
    line.title = `baton ${name} ${named}`;
    line.action = await loadAction(known);
    line.parser = parser.command(named!);
    return teach(line.parser, line.action, line.title);
  }
  const width = Math.max(...names.map((each) => each.length));
  const lines = Object.entries(group.actions).map(
    ([each, { description }]) => `  ${each.padEnd(width)}  ${firstSentence(description)}`,
  );
  parser.usage('<action> [options]');
  parser.addHelpText(
    'after',
    `\nActions, each with a help of its own (baton ${name} <action> --help):\n${lines.join('\n')}`,
  );
};
/** The first sentence of a description. */
export const firstSentence = (text: string): string => /^.*?[.!?](?= |$)/s.exec(text)?.[0] ?? text;

const codeOfParser = (error: Error): unknown => (error as { readonly code?: unknown }).code;

/** Translates an error of the parser (commander) into a refusal; the help stays as it is. */
const toRefusal = async (error: Error, { title, parser, action, group }: Line): Promise<Error> => {
  const [, quoted = ''] = /'([^']*)'/.exec(error.message) ?? [];
  const flag = quoted.split(' ')[0]!.replace(/^--/, '');
  const taken = action ? optionNames(action) : parser.options.map(({ long }) => (long ?? '').slice(2));
  switch (codeOfParser(error)) {
    case 'commander.unknownOption': {
      const others = await Promise.all(Object.values(group?.actions ?? {}).map(loadAction));
      if (others.some((other) => optionNames(other).includes(flag)))
        return new Refused(
          'cli/option-not-taken',
          `${title} does not take --${flag}; it takes ${taken.map((one) => `--${one}`).join(', ')}.`,
          flag,
        );
      return new Refused(
        'cli/unknown-option',
        `There is no option ${quoted}.${didYouMean(flag, taken).replace('mean ', 'mean --')} Run the command with --help to see its options.`,
        flag,
      );
    }
    case 'commander.optionMissingArgument':
      return new Refused('cli/argument-missing', `The option needs a value: ${quoted}.`, flag);
    case 'commander.missingArgument':
      return new Refused(
        'cli/argument-missing',
        `<${quoted}> is missing: run ${title} ${action ? wordsOf(action) : ''}.`,
        quoted,
      );
    case 'commander.excessArguments':
      return new Refused(
        'cli/too-many-arguments',
        `${title} does not take the argument "${parser.args.at(-1) ?? ''}"; run it with --help to see its arguments.`,
      );
    default:
      return error;
  }
};

/**
 * Runs one command line on the current terminal. Never throws: a failure is printed on the terminal's standard error.
 * @param args what the user wrote after `baton`
 * @returns the exit code: 0 for success, 1 for a refusal or a negative answer, 2 for an internal error
 */
export const runCommandLine = async (args: readonly string[]): Promise<number> => {
  let line: Line | undefined;
  try {
    line = await parserOf(args);
    let program: Parser = line.parser;
    while (program.parent) program = program.parent;
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    fail(line ? await toRefusal(error as Error, line) : (error as Error));
  }
  return terminal().exitCode;
};
