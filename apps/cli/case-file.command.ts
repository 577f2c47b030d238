import { Command, CommandRunner, Help, Option } from 'nest-commander';
import { instantInWords, Refused } from '@baton/kernel';
import { caseFileOf, caseFileTimes, type CaseFileEntry, type CaseFileTime, type Change } from '@baton/audit';
import { CATALOGUE, type EventCatalogue } from '@baton/platform/platform.module';
import { parseDayOrInstant, parseOneOf } from './arguments';
import { instantOfCut } from './attribution-reports';
import { targets } from './import/aggregates';
import { countOf, line, printJson, printTable, terminalWidth } from './output';
import { Session } from './session';

interface Options {
  readonly by?: CaseFileTime;
  readonly newestFirst?: boolean;
  readonly happenedBy?: string;
  readonly knownBy?: string;
  readonly knownAt?: string;
  readonly personal?: boolean;
  readonly json?: boolean;
}

/** When the event occurred; if it was recorded later, that too. */
const timeOf = ({ mode, occurredAt, recordedAt }: CaseFileEntry): string =>
  [instantInWords(occurredAt), ...(mode === 'backfill' ? ['backfill, recorded', instantInWords(recordedAt)] : [])].join(
    '\n',
  );

/** Who decided, and which event caused it. */
const actorOf = ({ actor, cause }: CaseFileEntry): string => {
  if (cause === null || (cause.actor === actor && cause.type === null)) return actor;
  const cameFrom = cause.type === null ? (cause.actor ?? `event ${cause.eventId}`) : `${cause.type} by ${cause.actor}`;
  return `${actor}\nafter ${cameFrom}`;
};

/** The sentence, and the changes that it does not mention; a first value mentioned in the sentence is not repeated. */
const textOf = ({ sentence, changes, facts, type, stream }: CaseFileEntry): string => {
  const isRepeated = ({ before, field, text }: Change) =>
    before === undefined && sentence.includes(text.slice(field.length + ': '.length));
  return [
    sentence,
    ...changes.filter((change) => !isRepeated(change)).map(({ text }) => text),
    ...facts.map(({ field, text }) => `${field}: ${text}`),
    `(${type} in ${stream})`,
  ].join('\n');
};

/** Every kind of stream has a case file. */
const subjects = Object.keys(targets);

@Command({
  name: 'case-file',
  arguments: '<kind> <id>',
  argsDescription: { kind: subjects.join(', '), id: 'its id' },
  description: 'Show how a lead or deal was handled: every event in order, with actor, time, cause and changes.',
})
export class CaseFileCommand extends CommandRunner {
  async run([kind, id]: string[], options: Options): Promise<void> {
    const { by = 'occurred', newestFirst = false, personal = false, knownAt } = options;
    parseOneOf(kind!, subjects, 'kind');
    const asOf = {
      happenedBy: instantOfCut(options.happenedBy, 'happenedBy'),
      knownBy: instantOfCut(options.knownBy, 'knownBy'),
      knownAt,
    };
    await Session.use(async (session) => {
      await session.catchUp();
      const { models, journal, log } = session;
      const files = { models, journal, log, catalogue: session.app.get<EventCatalogue>(CATALOGUE) };
      const entries = [];
      for await (const entry of caseFileOf(files, `${kind}-${id}`, { by, newestFirst, personal, asOf }))
        entries.push(entry);
      if (entries.length === 0)
        throw new Refused(
          'audit/no-such-subject',
          `There is no ${kind} with the id ${id}: nothing was recorded of it.`,
          'id',
        );
      if (options.json) return printJson(entries);
      printTable(
        ['happened', 'by', 'what'],
        entries.map((entry) => [timeOf(entry), actorOf(entry), textOf(entry)]),
        terminalWidth(),
      );
      line(`${countOf(entries.length, 'event')}; --json prints them complete.`);
    });
  }

  @Option({ flags: '--by <time>', description: 'Order and time: occurred (default) or recorded.' })
  by(value: string) {
    return parseOneOf(value, caseFileTimes.values, 'by');
  }
  @Option({ flags: '--newest-first', description: 'Latest events first.' })
  newestFirst() {
    return true;
  }
  @Option({
    flags: '--happened-by <day>',
    description: 'As of the end of this day, or an instant: ignores events that occurred later.',
  })
  happenedBy(value: string) {
    return parseDayOrInstant(value, 'happened-by');
  }
  @Option({
    flags: '--known-by <day>',
    description: 'As of the end of this day, or an instant: ignores events recorded later.',
  })
  knownBy(value: string) {
    return parseDayOrInstant(value, 'known-by');
  }
  @Option({ flags: '--known-at <position>', description: 'Ignore events after this position of the log.' })
  knownAt(value: string) {
    return value;
  }
  @Option({ flags: '--personal', description: 'Show personal data: names, addresses and notes.' })
  personal() {
    return true;
  }
  @Option({ flags: '--json', description: 'Print complete events as JSON, with causes and correlation ids.' })
  json() {
    return true;
  }
  @Help('after')
  example() {
    return '\nExample: baton case-file lead 7f3c --newest-first --happened-by 2024-03-01';
  }
}
