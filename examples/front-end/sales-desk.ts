import type { AnyVariables, Client, OperationResult, TypedDocumentNode } from '@urql/core';
import {
  AcceptLeadDocument,
  ConvertLeadDocument,
  DealDocument,
  FindLeadDocument,
  HandoffQueueDocument,
  LeadDocument,
  OpenOpportunityDocument,
  RevisionDocument,
  SalesQualifyLeadDocument,
  TimelineDocument,
  WinOpportunityDocument,
  type DealQuery,
  type HandoffQueueSubscription,
  type LeadCardFragment,
  type LeadQuery,
  type MoneyInput,
  type OutcomeFragment,
  type TimelineQuery,
} from './gql/graphql';

/** A rule refused a command. Show `message`; decide by `code`, which never changes. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly path: string,
  ) {
    super(message);
  }
}

/** @throws CombinedError when the request failed, or the caller may not ask this */
const dataOf = <D>({ data, error }: OperationResult<D>): D => {
  if (error) throw error;
  return data!;
};

type AcceptedOutcome = Extract<OutcomeFragment, { readonly __typename: 'Accepted' }>;

/**
 * Sends a command. When no answer comes, send the same variables again: under the same command id Baton answers as the
 * first time.
 * @throws Refusal
 */
const send = async <V extends AnyVariables>(
  client: Client,
  command: TypedDocumentNode<{ readonly outcome: OutcomeFragment }, V>,
  variables: V,
): Promise<AcceptedOutcome> => {
  const { outcome } = dataOf(await client.mutation(command, variables));
  if (outcome.__typename === 'Refused') throw new Refusal(outcome.code, outcome.message, outcome.path);
  return outcome;
};
const newCommand = () => ({ commandId: crypto.randomUUID() });

/** The lead with an e-mail address. Requires a role that works with leads by name. */
export const findLead = async (client: Client, email: string): Promise<LeadCardFragment | undefined> =>
  dataOf(await client.query(FindLeadDocument, { email })).leads.edges[0]?.node;

export type TimelineEntry = TimelineQuery['caseFile']['edges'][number]['node'];
/** What happened to a lead, oldest first, page after page. */
export async function* timelineOf(client: Client, leadId: string): AsyncGenerator<TimelineEntry> {
  for (let after: string | null = null; ;) {
    const { edges, pageInfo }: TimelineQuery['caseFile'] = dataOf(
      await client.query(TimelineDocument, { subject: `lead-${leadId}`, after }),
    ).caseFile;
    for (const { node } of edges) yield node;
    if (!pageInfo.hasNextPage) return;
    after = pageInfo.endCursor ?? null;
  }
}

/**
 * The revision of what a page shows: a command that names it is refused when somebody else was faster.
 * @param stream `lead-ada`, `opportunity-42`
 */
export const revisionOf = async (client: Client, stream: string): Promise<number | undefined> =>
  dataOf(await client.query(RevisionDocument, { stream })).revision ?? undefined;

/** The lead as it is after the event at `position`: what the caller has written is in the answer. */
export const leadAt = async (client: Client, leadId: string, position: string): Promise<LeadQuery['lead']> =>
  dataOf(await client.query(LeadDocument, { leadId, atLeast: position })).lead;

/**
 * Accepts a lead that was handed off.
 * @param revision as the page showed it
 * @returns the lead afterwards, and its revision
 * @throws Refusal `command/revision-passed` when the lead changed meanwhile: show it anew
 */
export const accept = async (client: Client, leadId: string, revision: number | undefined) => {
  const accepted = await send(client, AcceptLeadDocument, {
    ...newCommand(),
    input: { leadId },
    expectedRevision: revision,
  });
  return { lead: await leadAt(client, leadId, accepted.position), revision: accepted.revision };
};

/**
 * Makes a deal of an accepted lead; Baton gives its person a role in it. The second command on the lead names the revision
 * that the first one answered with.
 * @returns the id of the deal
 * @throws Refusal
 */
export const makeDeal = async (
  client: Client,
  leadId: string,
  revision: number,
  deal: { readonly product: string; readonly amount: MoneyInput },
): Promise<string> => {
  const qualified = await send(client, SalesQualifyLeadDocument, {
    ...newCommand(),
    input: { leadId, need: deal.product },
    expectedRevision: revision,
  });
  const { id: opportunityId } = await send(client, OpenOpportunityDocument, { ...newCommand(), input: deal });
  await send(client, ConvertLeadDocument, {
    ...newCommand(),
    input: { leadId, opportunityId },
    expectedRevision: qualified.revision,
  });
  return opportunityId;
};

/**
 * Wins a deal.
 * @param revision as the page showed it
 * @returns the deal afterwards
 * @throws Refusal
 */
export const win = async (
  client: Client,
  opportunityId: string,
  revision: number | undefined,
): Promise<DealQuery['opportunity']> => {
  const { position } = await send(client, WinOpportunityDocument, {
    ...newCommand(),
    input: { opportunityId },
    expectedRevision: revision,
  });
  return dataOf(await client.query(DealDocument, { opportunityId, atLeast: position })).opportunity;
};

export type Queue = HandoffQueueSubscription['handoffQueueChanges'];
/**
 * Follows the leads that wait for a rep: the queue as it is now, and again whenever it has changed. After a break it goes
 * on by itself.
 * @returns ends it
 */
export const followQueue = (client: Client, rep: string, show: (queue: Queue) => void): (() => void) =>
  client
    .subscription(HandoffQueueDocument, { rep: { in: [rep] } })
    .subscribe((answer) => show(dataOf(answer).handoffQueueChanges)).unsubscribe;
