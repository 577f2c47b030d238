import { randomUUID } from 'node:crypto';
import { field, Refused, teams, type Fields, type StoredEvent } from '@baton/kernel';
import {
  definitionDifference,
  definitionKindNames,
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
import { action, type ActionGroup, type Given } from './command';
import { line, printJson, printTable } from './output';
import { localActor, Session } from './session';
import { startingBody, startingDefinitions } from './starting-definitions';

const send = async (
  session: Session,
  type: string,
  { kind, as, json: _, ...data }: { readonly kind: string; readonly as?: string; readonly json?: boolean },
) => {
  const meta = { commandId: randomUUID(), actor: as ?? localActor(), origin: 'person' as const };
  await session.order(
    new ToDefinition(kind, { type, data: { definitionId: kind, ...data }, meta } as unknown as DefinitionCommand),
  );
  return { done: type, kind, commandId: meta.commandId };
};
/** The version number of a new proposal, read from its event. */
const proposedNumber = async ({ journal }: Session, { kind, commandId }: Awaited<ReturnType<typeof send>>) => {
  const events = (await journal.read(`definition-${kind}`)) as readonly (DefinitionEvent & StoredEvent)[];
  const proposal = events.findLast(({ type, meta }) => type === 'DefinitionProposed' && meta.commandId === commandId);
  return (proposal?.data as { readonly number: number }).number;
};

const applicableKinds = ['mql', 'scoring-model'];
/**
 * Evaluates every open lead again by the definitions in force, with one command per lead, so that the log records who
 * asked.
 */
const apply = async (session: Session, { kind, as }: { readonly kind: string; readonly as?: string }) => {
  if (!applicableKinds.includes(kind))
    throw new Refused(
      'cli/nothing-to-apply',
      `Only ${applicableKinds.join(' and ')} can be applied to open leads.`,
      'kind',
    );
  // another process may have approved a version a moment ago
  await session.app.get(LogDefinitions).waitUntilInForce(kind, session.clock);
  const actor = as ?? localActor();
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

const optional = { optional: true } as const;
const kind = field.enum(definitionKindNames, 'The kind:');
const number = field.integer('Version number.', { min: 1 });
const as = field.text('Acting person; the two approvals need two different people.', optional);
const reason = field.text('Reason, kept in the history.');

/** An action on the definitions; its answer is printed. */
const onDefinitions = <F extends Fields = Record<never, never>>(
  description: string,
  example: string,
  options: F,
  act: (session: Session, given: Given<F>) => unknown,
) =>
  action({
    ...{ description, example, options },
    run: (_, given) =>
      Session.use(async (session) => {
        await session.catchUp();
        const answer = await act(session, given);
        if (given.json) printJson(answer);
        else if (Array.isArray(answer)) printRows(answer as Record<string, unknown>[]);
        else line(JSON.stringify(answer, null, 2));
      }),
  });

export const command: ActionGroup = {
  actions: {
    list: onDefinitions(
      'List all versions, of one kind or of all.',
      '--kind mql',
      { kind: field.enum(definitionKindNames, 'The kind:', optional) },
      ({ models }, { kind }) => listDefinitions(models, { kind }),
    ),
    show: onDefinitions(
      'Show the version in force, now or at an instant.',
      '--kind mql',
      { kind, from: field.instant('The instant to look at.', optional) },
      async ({ models, clock }, { kind, from }) =>
        (await definitionInForce(models, { kind, at: from ?? clock.now() })) ?? null,
    ),
    diff: onDefinitions(
      'Compare two versions.',
      '--kind mql --against 1 --number 2',
      { kind, against: field.integer('Version number to compare with.', { min: 1 }), number },
      ({ models }, { kind, against, number }) => definitionDifference(models, { kind, before: against, after: number }),
    ),
    due: onDefinitions(
      'List versions whose review is due soon.',
      '--days 14',
      { days: field.integer('Reviews within this many days.', { default: 30, min: 0, max: 366 }) },
      ({ models, clock }, { days }) => dueReviews(models, { at: clock.now(), days }),
    ),
    overdue: onDefinitions('List versions whose review is overdue.', '', {}, ({ models, clock }) =>
      overdueReviews(models, { at: clock.now() }),
    ),
    propose: onDefinitions(
      'Propose a new version; prints its number.',
      '--kind mql --reason "Smaller companies buy too." --body mql.json',
      {
        ...{ kind, reason, as },
        body: field.json('Body of the definition; by default the starting body.', optional),
        from: field.instant('When it should come into force.', optional),
        reviewBy: field.day('Day by which both teams review the version.', optional),
      },
      async (session, { body, from, ...given }) => {
        const done = await send(session, 'ProposeDefinition', {
          ...given,
          ...{ body: body ?? startingBody(given.kind), ...(from && { inForceFrom: from }) },
        });
        const proposed = await proposedNumber(session, done);
        return { ...done, number: proposed, version: `${done.kind}@${proposed}` };
      },
    ),
    approve: onDefinitions(
      'Approve a version for a team.',
      '--kind mql --number 2 --team sales --as sam',
      { kind, number, team: field.enum(teams, 'Team that you approve for:'), as },
      (session, given) => send(session, 'ApproveDefinition', given),
    ),
    retire: onDefinitions(
      'Retire a version.',
      '--kind mql --number 2 --reason "Replaced by scores."',
      { kind, number, reason, as },
      (session, given) => send(session, 'RetireDefinition', given),
    ),
    apply: onDefinitions(
      'Re-evaluate open leads by the version in force: mql or scoring-model.',
      '--kind mql',
      { kind, as },
      apply,
    ),
    starter: onDefinitions(
      'Print a starting body.',
      '--kind mql',
      { kind: field.enum(definitionKindNames, 'The kind:', optional) },
      (_, { kind }) => (kind === undefined ? startingDefinitions : startingBody(kind)),
    ),
  },
};

const printRows = (rows: readonly Record<string, unknown>[]): void => {
  const head = Object.keys(rows[0] ?? { nothing: '' }).filter((name) => name !== 'body');
  const cell = (value: unknown) =>
    value === null || typeof value !== 'object' ? (value as string) : JSON.stringify(value);
  printTable(
    head,
    rows.map((row) => head.map((name) => cell(row[name] ?? null))),
  );
};
