import { field, instantInWords, Refused } from '@baton/kernel';
import { caseFileOf, caseFileTimes, type CaseFileEntry, type Change } from '@baton/audit';
import { parseOneOf } from './arguments';
import { single } from './command';
import { targets } from './import/aggregates';
import { countOf, line, printJson, printTable, terminalWidth } from './output';
import { cutOptions } from './options';
import { answerFrom, cutOf } from './sources';

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
const optional = { optional: true } as const;

export const command = single({
  words: { kind: subjects.join(', '), id: 'its id' },
  options: {
    by: field.enum(caseFileTimes, 'Order and time.', { default: 'occurred' }),
    newestFirst: field.flag('Latest events first.', { default: false }),
    ...cutOptions,
    personal: field.flag('Show personal data: names, addresses and notes.', { default: false }),
    json: field.flag('Print complete events as JSON, with causes and correlation ids.', optional),
  },
  example: 'lead 7f3c --newest-first --happened-by 2024-03-01',
  run: async ([kind, id], { by, newestFirst, personal, json, ...cut }) => {
    parseOneOf(kind!, subjects, 'kind');
    await answerFrom(async ({ live: models, journal, log, catalogue }) => {
      const view = { ...{ by, newestFirst, personal }, asOf: cutOf(cut) };
      const entries = [];
      for await (const entry of caseFileOf({ models, journal, log, catalogue }, `${kind}-${id}`, view))
        entries.push(entry);
      if (entries.length === 0)
        throw new Refused(
          'audit/no-such-subject',
          `There is no ${kind} with the id ${id}: nothing was recorded of it.`,
          'id',
        );
      if (json) return printJson(entries);
      printTable(
        ['happened', 'by', 'what'],
        entries.map((entry) => [timeOf(entry), actorOf(entry), textOf(entry)]),
        terminalWidth(),
      );
      line(`${countOf(entries.length, 'event')}; --json prints them complete.`);
    });
  },
});
