import { Command, CommandRunner, Help, Option } from 'nest-commander';
import { Refused } from '@baton/kernel';
import { caseFileOf } from '@baton/audit';
import { line, printJson, printTable } from './output';
import { Session } from './session';

@Command({
  name: 'case-file',
  arguments: '<kind> <id>',
  argsDescription: { kind: 'lead, opportunity, campaign, visitor or definition', id: 'its id' },
  description: 'How a lead or deal was handled: every event in order, who, when, why, and what changed.',
})
export class CaseFileCommand extends CommandRunner {
  async run([kind, id]: string[], { json, personal }: { json?: boolean; personal?: boolean }): Promise<void> {
    await Session.use(async (session) => {
      await session.catchUp();
      const entries = [];
      for await (const entry of caseFileOf(session.models, session.journal, `${kind}-${id}`, {
        personal: personal ?? false,
      }))
        entries.push(entry);
      if (entries.length === 0) throw new Refused('audit/no-such-subject', `Nothing is known of ${kind} ${id}.`, 'id');
      if (json) return printJson(entries);
      printTable(
        ['happened', 'recorded', 'event', 'by', 'what changed'],
        entries.map(({ occurredAt, recordedAt, type, actor, changes }) => [
          occurredAt,
          recordedAt,
          type,
          actor,
          changes.map(({ field, before, after }) => `${field}: ${show(before)} → ${show(after)}`).join('\n'),
        ]),
      );
      line(`${entries.length} events`);
    });
  }

  @Option({ flags: '--personal', description: 'Show names, addresses and notes too.' })
  personal() {
    return true;
  }
  @Option({ flags: '--json', description: 'Answer as JSON, with causes and conversations.' })
  json() {
    return true;
  }
  @Help('after')
  example() {
    return '\nExample: baton case-file lead 7f3c --json';
  }
}

const show = (value: unknown): string =>
  value === undefined || value === null ? '–' : typeof value === 'string' ? value : JSON.stringify(value);
