import {
  Accepted,
  BatonError,
  Conflict,
  idsIn,
  Refused,
  To,
  ToMessage,
  type CommandMeta,
  type DatedEvent,
  type Journal,
  type Message,
  type MessageCheck,
  type MessageCommand,
  type MessageEvent,
  type Outbound,
  type Policy,
  type StoredEvent,
  send,
} from '@baton/kernel';
import { isToSend, messageDecider, type MessageState } from '../outbox/message.decider';
import type { HeldFence } from './leases';
import type { Dispatch } from './policy-follower';
import { machineTimers, type Timers } from '../timers';

const commandIds = idsIn('2c9e5a1d-7b64-5c1f-9e0a-4d8b7f3a6e21');
/** How long a target may take to answer; after that the attempt counts as failed. */
const DEADLINE_MS = 10_000;

/** A target of messages, and the adapter that sends them there. */
export interface Sender {
  readonly target: string;
  readonly outbound: Outbound;
}
export type OnEffect = (target: string, outcome: 'sent' | 'failed' | 'refused') => void;

/** The checkpoint name of a target's follower. */
export const effectFollower = (target: string): string => `effect-${target}-v1`;

/** One attempt to deliver a message. It is addressed to a lane, because commands with the same address run in order. */
interface DeliveryAttempt {
  readonly messageId: string;
  readonly attempt: number;
}
class Delivery extends To<{ readonly type: 'Deliver'; readonly data: DeliveryAttempt; readonly meta: CommandMeta }> {}

/**
 * The deliveries of one target, as a policy whose commands are `Deliver`, so that order, checkpoint and parking work as
 * for policies. A lane holds the messages about one lead or, without a lead, to one recipient. It begins at the end of
 * the log: a message that was queued while the target had no sender is sent only when somebody retries it.
 */
export const deliveriesTo = (target: string): Policy => ({
  name: target,
  version: 1,
  from: 'now',
  types: ['MessageQueued', 'MessageDue'],
  answers: [],
  react: async (event, look) => {
    const { type, data } = event as StoredEvent<MessageEvent>;
    if ((type !== 'MessageQueued' && type !== 'MessageDue') || data.target !== target) return [];
    const queued = (type === 'MessageQueued' ? data : (await look(messageDecider, data.messageId))[0]!.data) as Omit<
      Message,
      'id'
    >;
    const due: DeliveryAttempt = { messageId: data.messageId, attempt: type === 'MessageQueued' ? 1 : data.attempt };
    return [send(Delivery, queued.leadId ?? queued.to, { type: 'Deliver', data: due })];
  },
});

interface DeliveryOptions {
  readonly journal: Journal;
  readonly dispatch: Dispatch;
  readonly timers?: Timers;
  readonly beforeSending?: readonly MessageCheck[];
}

/**
 * Sends messages to a target and records the outcome on the message's stream. After a crash between the two the message
 * is sent again under the same id; an attempt whose outcome is recorded is not repeated.
 * @param fence throws when this process no longer holds the lease
 */
export const deliveryDispatch =
  (
    { target, outbound }: Sender,
    { journal, dispatch, timers = machineTimers, beforeSending = [] }: DeliveryOptions,
    fence: HeldFence,
    stopping: AbortSignal,
    onEffect: OnEffect = () => undefined,
  ): Dispatch =>
  async ({ command }) => {
    if (stopping.aborted) throw processStops();
    await fence();
    const { messageId, attempt } = command.data as DeliveryAttempt;
    const history = await journal.read(`message-${messageId}`);
    const state = history.reduce<MessageState>(
      (folded, event) => messageDecider.evolve(folded, event as unknown as DatedEvent<MessageEvent>),
      messageDecider.initialState(),
    );
    const last = history.at(-1)!;
    if (!isToSend(state, attempt)) return new Accepted(messageId, last.position, last.revision, 0, true);
    const outcome =
      (await refusedBy(beforeSending, state.message)) ??
      (await attemptDelivery(outbound, state.message, timers, stopping));
    onEffect(target, outcome.type === 'NoteMessageSent' ? 'sent' : outcome.data.refused ? 'refused' : 'failed');
    const outcomeCommand = { type: outcome.type, data: { messageId, attempt, ...outcome.data } } as Omit<
      MessageCommand,
      'meta'
    >;
    const meta: CommandMeta = {
      commandId: commandIds(JSON.stringify(outcomeCommand)),
      actor: `effect:${target}`,
      origin: 'system',
      ...(command.meta.correlationId !== undefined && { correlationId: command.meta.correlationId }),
      ...(command.meta.causationId !== undefined && { causationId: command.meta.causationId }),
    };
    return dispatch(new ToMessage(messageId, { ...outcomeCommand, meta } as MessageCommand));
  };

type DeliveryOutcome =
  | { readonly type: 'NoteMessageSent'; readonly data: { readonly receipt?: string; readonly refused?: undefined } }
  | { readonly type: 'NoteMessageFailed'; readonly data: { readonly code: string; readonly refused?: true } };

const processStops = () => new Conflict('documents/lease-lost', 'This process is stopping; another one continues.');

/** The outcome of a message that may not be sent: it is given up. */
const refusedBy = async (checks: readonly MessageCheck[], message: Message): Promise<DeliveryOutcome | undefined> => {
  for (const check of checks) {
    const refusal = await check(message);
    if (refusal) return { type: 'NoteMessageFailed', data: { code: refusal.code, refused: true } };
  }
  return undefined;
};

/** @throws Conflict `documents/lease-lost` when the process stops before the outcome is known */
const attemptDelivery = async (
  outbound: Outbound,
  message: Message,
  timers: Timers,
  stopping: AbortSignal,
): Promise<DeliveryOutcome> => {
  const [attemptEnded, answered] = [new AbortController(), new AbortController()];
  const deadline = timers.delay(DEADLINE_MS, AbortSignal.any([answered.signal, stopping])).catch(() => undefined);
  try {
    const timeout = deadline.then(() => {
      if (stopping.aborted) throw processStops();
      throw new Conflict('effect/no-answer', 'The target did not answer in time.');
    });
    const receipt = await Promise.race([outbound.send(message, attemptEnded.signal), timeout]);
    return { type: 'NoteMessageSent', data: receipt === undefined ? {} : { receipt: receipt.slice(0, 500) } };
  } catch (error) {
    if (stopping.aborted) throw processStops();
    // The text of another library's error may contain personal data: only Baton's own codes are kept.
    const failure =
      error instanceof BatonError ? error : new Conflict('effect/not-sent', 'The target did not accept the message.');
    const refused = error instanceof Refused && { refused: true as const };
    return { type: 'NoteMessageFailed', data: { code: failure.code, ...refused } };
  } finally {
    answered.abort();
    attemptEnded.abort();
  }
};
