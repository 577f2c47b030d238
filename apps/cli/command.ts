import type { Command as Parser } from 'commander';
import { Refused, type Fields, type ObjectOf } from '@baton/kernel';
import {
  filterOptions,
  filtersOf,
  jsonOption,
  optionsOf,
  questionOf,
  type CliOption,
  type FilterReaders,
} from './options';

/** One thing that the command line does. Its help, the check of its options and their values follow from it. */
export interface Action {
  readonly description: string;
  /** Words behind its name, by name, each with what it is; `name?` may be left out. */
  readonly words?: Readonly<Record<string, string>>;
  readonly options?: Fields;
  /** What rows can be filtered by; the function gets `filter`. */
  readonly filters?: FilterReaders;
  /** The words and options of an example. */
  readonly example: string;
  readonly run: (words: readonly string[], given: never) => Promise<void>;
}
/** An action that is loaded when it is named. */
export interface LazyAction {
  readonly description: string;
  readonly load: () => Promise<Action>;
}
/** Several actions under one name. */
export interface ActionGroup {
  readonly actions: Readonly<Record<string, Action | LazyAction>>;
}
/** One action by itself; the table of commands describes it. */
export type SingleCommand = Omit<Action, 'description'>;
export type Command = SingleCommand | ActionGroup;

type Flat<T> = { readonly [K in keyof T]: T[K] };
/** The options as they arrive: parsed and checked. */
export type Given<F extends Fields> = Flat<ObjectOf<F> & { readonly json?: boolean }>;

/** Declares an action; its function gets the words and the options in their types. */
export const action = <F extends Fields = Record<never, never>>(
  declared: Omit<Action, 'options' | 'run'> & {
    readonly options?: F;
    readonly run: (words: readonly string[], given: Given<F>) => Promise<void>;
  },
): Action => declared as Action;
/** Declares a command of one action. */
export const single = <F extends Fields = Record<never, never>>(
  declared: Omit<Parameters<typeof action<F>>[0], 'description'>,
): SingleCommand => declared as SingleCommand;

/** `<follower> <sequence>` */
export const wordsOf = ({ words = {} }: Action): string =>
  Object.keys(words)
    .map((name) => (name.endsWith('?') ? `[${name.slice(0, -1)}]` : `<${name}>`))
    .join(' ');
const fieldsOf = ({ options = {} }: Action): Fields => ({ ...options, ...('json' in options ? {} : jsonOption) });

const optionsFor = (of: Action): readonly CliOption[] => [
  ...optionsOf(fieldsOf(of)),
  ...(of.filters && Object.keys(of.filters).length > 0 ? filterOptions(of.filters) : []),
];
/** The long names of the options of an action. */
export const optionNames = (of: Action): readonly string[] => optionsFor(of).map(({ long }) => long);

/**
 * Teaches a parser the words and options of an action.
 * @param title as the user writes it: `baton keys create`
 */
export const teach = (parser: Parser, of: Action, title: string): void => {
  const fields = fieldsOf(of);
  const options = optionsFor(of);
  const needed = options.filter(({ required }) => required);
  const usage = [title, wordsOf(of), ...needed.map(({ flags }) => flags), '[options]'].filter((text) => text !== '');
  parser.description(of.description).configureHelp({ commandUsage: () => usage.join(' ') });
  for (const [name, what] of Object.entries(of.words ?? {}))
    parser.argument(name.endsWith('?') ? `[${name.slice(0, -1)}]` : `<${name}>`, what);
  for (const { flags, help, parse } of options)
    if (flags.includes('<')) parser.option(flags, help, parse as never);
    else parser.option(flags, help);
  parser.addHelpText('after', `\nExample: ${`${title} ${of.example}`.trim()}`);
  parser.action(async () => {
    const given = parser.opts<Record<string, unknown>>();
    const missing = needed.filter((option) => parser.getOptionValueSource(camelOf(option.long)) === undefined);
    if (missing.length > 0)
      throw new Refused(
        'cli/argument-missing',
        `${title} requires ${missing.map(({ long }) => `--${long}`).join(' and ')}.`,
        missing[0]!.long,
      );
    const { filter, none, ...own } = given;
    const question = of.filters
      ? { ...questionOf(fields, own), filter: filtersOf(of.filters, { filter, none } as never) }
      : questionOf(fields, given);
    await of.run(parser.args, question as never);
  });
};
const camelOf = (long: string): string => long.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
