import { randomUUID } from 'node:crypto';
import { Command, CommandRunner, Option } from 'nest-commander';
import { Refused, type StoredEvent } from '@baton/kernel';
import {
  definitionDifference,
  definitionKinds,
  definitionInForce,
  dueReviews,
  listDefinitions,
  overdueReviews,
  ToDefinition,
  type DefinitionEvent,
  type DefinitionCommand,
} from '@baton/definitions';
import { LogDefinitions } from '@baton/definitions/definitions.module';
import { leads, ToLead, whereLeads } from '@baton/leads';
import { parseDay, parseInstant, readJsonFile, parseOneOf, parseWholeNumber } from './arguments';
import { line, printJson, printTable } from './output';
import { localActor, Session } from './session';
import { startingBody, startingDefinitions } from './starting-definitions';

interface Options {
  kind?: string;
  number?: number;
  against?: number;
  body?: unknown;
  reason?: string;
  team?: 'marketing' | 'sales';
  from?: string;
  reviewBy?: string;
  days?: number;
  as?: string;
  json?: boolean;
}
type Action = (session: Session, options: Options) => Promise<unknown>;

/** A required option of the action: `actions` has refused the command without it. */
const requiredOption = <K extends keyof Options>(options: Options, name: K) => options[name] as NonNullable<Options[K]>;
const send = async (session: Session, options: Options, type: string, data: object) => {
  const kind = requiredOption(options, 'kind');
  const meta = { commandId: randomUUID(), actor: options.as ?? localActor(), origin: 'person' as const };
  await session.order(
    new ToDefinition(kind, { type, data: { definitionId: kind, ...data }, meta } as DefinitionCommand),
  );
  return { done: type, kind, commandId: meta.commandId };
};
/** The version number of a new proposal, read from its event. */
const proposedNumber = async ({ journal }: Session, { kind, commandId }: Awaited<ReturnType<typeof send>>) => {
  const events = (await journal.read(`definition-${kind}`)) as readonly (DefinitionEvent & StoredEvent)[];
  const proposal = events.findLast(({ type, meta }) => type === 'DefinitionProposed' && meta.commandId === commandId);
  return (proposal?.data as { readonly number: number }).number;
};

/**
 * Evaluates every open lead again by the definitions in force, with one command per lead, so that the log records who
 * asked.
 */
const apply: Action = async (session, options) => {
  const kind = requiredOption(options, 'kind');
  if (!applicableKinds.includes(kind))
    throw new Refused(
      'cli/nothing-to-apply',
      `Only ${applicableKinds.join(' and ')} can be applied to open leads.`,
      'kind',
    );
  // another process may have approved a version a moment ago
  await session.app.get(LogDefinitions).waitUntilInForce(kind, session.clock);
  const actor = options.as ?? localActor();
  const totals = { done: 'ReevaluateLead', kind, looked: 0, qualified: 0, refused: 0 };
  for await (const page of session.models.pages(leads, whereLeads({ stage: 'lead' }))) {
    const outcomes = await Promise.all(
      page.map(({ id: leadId }) => {
        const meta = { commandId: randomUUID(), actor, origin: 'person' as const };
        return session.send(new ToLead(leadId, { type: 'ReevaluateLead', data: { leadId }, meta }));
      }),
    );
    totals.looked += outcomes.length;
    for (const outcome of outcomes)
      if (outcome instanceof Refused) totals.refused++;
      else if (outcome.events > 0) totals.qualified++;
  }
  await session.settle(); // leads that qualify are handed off
  return totals;
};
const applicableKinds = ['mql', 'scoring-model'];

const actions: Readonly<Record<string, Action>> = {
  list: ({ models }, { kind }) => listDefinitions(models, { kind }),
  show: async ({ models, clock }, options) =>
    (await definitionInForce(models, {
      kind: requiredOption(options, 'kind'),
      at: options.from ?? clock.now(),
    })) ?? null,
  diff: ({ models }, options) =>
    definitionDifference(models, {
      kind: requiredOption(options, 'kind'),
      before: requiredOption(options, 'against'),
      after: requiredOption(options, 'number'),
    }),
  due: ({ models, clock }, { days = 30 }) => dueReviews(models, { at: clock.now(), days }),
  overdue: ({ models, clock }) => overdueReviews(models, { at: clock.now() }),
  propose: async (session, options) => {
    const done = await send(session, options, 'ProposeDefinition', {
      body: options.body === undefined ? startingBody(requiredOption(options, 'kind')) : options.body,
      reason: requiredOption(options, 'reason'),
      ...(options.from && { inForceFrom: options.from }),
      ...(options.reviewBy && { reviewBy: options.reviewBy }),
    });
    const number = await proposedNumber(session, done);
    return { ...done, number, version: `${done.kind}@${number}` };
  },
  approve: (session, options) =>
    send(session, options, 'ApproveDefinition', {
      number: requiredOption(options, 'number'),
      team: requiredOption(options, 'team'),
    }),
  retire: (session, options) =>
    send(session, options, 'RetireDefinition', {
      number: requiredOption(options, 'number'),
      reason: requiredOption(options, 'reason'),
    }),
  apply,
  starter: (_, { kind }) => Promise.resolve(kind === undefined ? startingDefinitions : startingBody(kind)),
};

@Command({
  name: 'definitions',
  arguments: '<action>',
  argsDescription: { action: 'one of the actions below' },
  description:
    'Definitions agreed by both teams: list, show, compare, propose, approve, retire, apply to open leads, print starting bodies.',
})
export class DefinitionsCommand extends CommandRunner {
  async run([action]: string[], options: Options): Promise<void> {
    const act = actions[action!]!;
    await Session.use(async (session) => {
      await session.catchUp();
      const answer = await act(session, options);
      if (options.json) printJson(answer);
      else if (Array.isArray(answer)) printRows(answer as Record<string, unknown>[]);
      else line(JSON.stringify(answer, null, 2));
    });
  }

  @Option({ flags: '--kind <kind>', description: 'mql, sql, channel-rules, attribution …' })
  kind(value: string) {
    return parseOneOf(value, definitionKinds, 'kind');
  }
  @Option({ flags: '--number <version>', description: 'Version number.' })
  number(value: string) {
    return parseWholeNumber(value, 'number', 1);
  }
  @Option({ flags: '--against <version>', description: 'Version number to compare with.' })
  against(value: string) {
    return parseWholeNumber(value, 'against', 1);
  }
  @Option({
    flags: '--body <file.json>',
    description: 'Body of the definition; by default the starting body.',
  })
  body(value: string) {
    return readJsonFile(value, 'body');
  }
  @Option({ flags: '--reason <text>', description: 'Reason, kept in the history.' })
  reason(value: string) {
    return value;
  }
  @Option({ flags: '--team <team>', description: 'Team that you approve for: marketing or sales.' })
  team(value: string) {
    return parseOneOf(value, ['marketing', 'sales'], 'team');
  }
  @Option({
    flags: '--from <instant>',
    description: 'When it should come into force; for show, the instant to look at.',
  })
  from(value: string) {
    return parseInstant(value, 'from');
  }
  @Option({ flags: '--review-by <day>', description: 'Day by which both teams review the version.' })
  reviewBy(value: string) {
    return parseDay(value, 'review-by');
  }
  @Option({ flags: '--days <number>', description: 'For due: reviews within this many days; 30 by default.' })
  days(value: string) {
    return parseWholeNumber(value, 'days', 0, 366);
  }
  @Option({ flags: '--as <actor>', description: 'Acting person; the two approvals need two different people.' })
  as(value: string) {
    return value;
  }
  @Option({ flags: '--json', description: 'Print the result as JSON.' })
  json() {
    return true;
  }
}

const printRows = (rows: readonly Record<string, unknown>[]): void => {
  const head = Object.keys(rows[0] ?? { nothing: '' }).filter((name) => name !== 'body');
  const cell = (value: unknown) =>
    value === null || typeof value !== 'object' ? (value as string) : JSON.stringify(value);
  printTable(
    head,
    rows.map((row) => head.map((name) => cell(row[name] ?? null))),
  );
};
