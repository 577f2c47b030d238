import { field, instantInWords } from '@baton/kernel';
import { leadsSeen, sightingsOf, type Sighting } from '@baton/audit';
import { single } from './command';
import { countOf, line, printJson, printTable, terminalWidth, warn } from './output';
import { answerFrom } from './sources';

const optional = { optional: true } as const;
const whatOf = ({ operation, answers }: Sighting): string => (answers > 1 ? `${operation} × ${answers}` : operation);
const whyOf = ({ opened, reason }: Sighting): string => [...(opened ? ['opened'] : []), reason ?? ''].join(': ');

export const command = single({
  words: { lead: 'the id of the lead' },
  options: {
    caller: field.text('Only this caller.', optional),
    operation: field.text('Only this operation: Query.leads, case-file, export leads.', optional),
    from: field.day('The first day, in UTC.', optional),
    to: field.day('The last day, in UTC.', optional),
    limit: field.integer('Number of rows.', { default: 100, min: 1, max: 1_000_000 }),
    json: field.flag('Print the rows as JSON.', optional),
  },
  example: '7f3c --from 2024-03-01',
  run: async ([leadId], { caller, operation, from, to, limit, json }) => {
    await answerFrom(
      async ({ live: models, log, journal }) => {
        await log.flush();
        const sources = { models, log, journal };
        const rows: Sighting[] = [];
        const leads = await leadsSeen(sources, leadId!);
        for await (const row of sightingsOf(sources, leads, { caller, operation, from, to })) {
          rows.push(row);
          if (rows.length > limit) break;
        }
        const more = rows.length > limit;
        rows.splice(limit);
        if (more) warn('There are more rows; raise --limit to see them.');
        if (json) return printJson(rows);
        printTable(
          ['when', 'who', 'what', 'why'],
          rows.map((row) => [instantInWords(row.at), row.caller, whatOf(row), whyOf(row)]),
          terminalWidth(),
        );
        const answers = rows.reduce((sum, row) => sum + row.answers, 0);
        line(`Personal values were shown in ${countOf(answers, 'answer')}; newest first.`);
      },
      { inSession: true },
    );
  },
});
