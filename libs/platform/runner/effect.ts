import {
  Accepted,
  BatonError,
  Conflict,
  Refused,
  To,
  ToMessage,
  type CommandMeta,
  type Fence,
  type DatedEvent,
  type Journal,
  type Message,
  type MessageCommand,
  type MessageEvent,
  type Outbound,
  type Policy,
  type StoredEvent,
  send,
} from '@baton/kernel';
import { v5 as uuidv5 } from 'uuid';
import { isToSend, messageDecider, type MessageState } from '../outbox/message.decider';
import type { Dispatch } from './policy-follower';
import { machineTimers, type Timers } from './timers';

const EFFECT_COMMANDS = '2c9e5a1d-7b64-5c1f-9e0a-4d8b7f3a6e21';
/** A target that has not answered by then has not taken the message. */
const DEADLINE_MS = 10_000;

/** A target of messages, and who brings them there. */
export interface Sender {
  readonly target: string;
  readonly outbound: Outbound;
}
export type OnEffect = (target: string, outcome: 'sent' | 'failed' | 'refused') => void;

/** The checkpoint name of a target's follower. */
export const effectFollower = (target: string): string => `effect-${target}-v1`;

/** A message on its way to its target; it speaks to the lane, so that a lane stays in order. */
interface DeliveryAttempt {
  readonly messageId: string;
  readonly attempt: number;
}
class Delivery extends To<{ readonly type: 'Deliver'; readonly data: DeliveryAttempt; readonly meta: CommandMeta }> {}

/**
 * What falls to a target, as a policy whose commands are deliveries: order, checkpoint and parking are those of policies.
 * A lane is the messages about one lead, or to one addressee. It begins at the tip: what was queued while the target had
 * no sender is old news, and is sent when somebody asks for it.
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

/**
 * Brings messages to a target and records the outcome on the message's stream. After a crash in between the message is
 * brought again, under the same id; an attempt whose outcome is recorded is not made again.
 * @param fence throws where this process may not go on
 */
export const deliveryDispatch =
  (
    { target, outbound }: Sender,
    { journal, dispatch, timers = machineTimers }: { journal: Journal; dispatch: Dispatch; timers?: Timers },
    fence: () => Fence,
    leaving: AbortSignal,
    onEffect: OnEffect = () => undefined,
  ): Dispatch =>
  async ({ command }) => {
    if (leaving.aborted) throw stopping();
    fence();
    const { messageId, attempt } = command.data as DeliveryAttempt;
    const history = await journal.read(`message-${messageId}`);
    const state = history.reduce<MessageState>(
      (known, event) => messageDecider.evolve(known, event as unknown as DatedEvent<MessageEvent>),
      messageDecider.initialState(),
    );
    const last = history.at(-1)!;
    if (!isToSend(state, attempt)) return new Accepted(messageId, last.position, last.revision, 0, true);
    const outcome = await attemptDelivery(outbound, state.message, timers, leaving);
    onEffect(target, outcome.type === 'NoteMessageSent' ? 'sent' : outcome.data.refused ? 'refused' : 'failed');
    const said = { type: outcome.type, data: { messageId, attempt, ...outcome.data } } as Omit<MessageCommand, 'meta'>;
    const meta: CommandMeta = {
      commandId: uuidv5(JSON.stringify(said), EFFECT_COMMANDS),
      actor: `effect:${target}`,
      origin: 'system',
      ...(command.meta.correlationId !== undefined && { correlationId: command.meta.correlationId }),
      ...(command.meta.causationId !== undefined && { causationId: command.meta.causationId }),
    };
    return dispatch(new ToMessage(messageId, { ...said, meta } as MessageCommand));
  };

type DeliveryOutcome =
  | { readonly type: 'NoteMessageSent'; readonly data: { readonly receipt?: string; readonly refused?: undefined } }
  | { readonly type: 'NoteMessageFailed'; readonly data: { readonly code: string; readonly refused?: true } };

const stopping = () => new Conflict('documents/lease-lost', 'This process is stopping; another one continues.');

/** @throws Conflict `documents/lease-lost` where the process stops before the outcome is known */
const attemptDelivery = async (
  outbound: Outbound,
  sent: Message,
  timers: Timers,
  leaving: AbortSignal,
): Promise<DeliveryOutcome> => {
  const [over, answered] = [new AbortController(), new AbortController()];
  const deadline = timers.delay(DEADLINE_MS, AbortSignal.any([answered.signal, leaving])).catch(() => undefined);
  try {
    const late = deadline.then(() => {
      if (leaving.aborted) throw stopping();
      throw new Conflict('effect/no-answer', 'The target did not answer in time.');
    });
    const receipt = await Promise.race([outbound.send(sent, over.signal), late]);
    return { type: 'NoteMessageSent', data: receipt === undefined ? {} : { receipt: receipt.slice(0, 500) } };
  } catch (error) {
    if (leaving.aborted) throw stopping();
    // What a foreign library says may hold names: only codes of our own are kept.
    const failure =
      error instanceof BatonError ? error : new Conflict('effect/not-sent', 'The target did not accept the message.');
    const refused = error instanceof Refused && { refused: true as const };
    return { type: 'NoteMessageFailed', data: { code: failure.code, ...refused } };
  } finally {
    answered.abort();
    over.abort();
  }
};
