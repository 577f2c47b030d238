import {
  field,
  objectFields,
  type Clock,
  type ClosedJournal,
  type DecisionContext,
  type EventLog,
  type Field,
  type Fields,
  type Instant,
  type ObjectFields,
  type ObjectOf,
  type Position,
  type Report,
  type Role,
  type Subscription,
} from '@baton/kernel';
import type { CallerIdentity, PersonalReads } from './access';
import type { AsOf, Connection, PageQuestion, ReadModels } from './documents';
import type { EventCatalogue } from './catalogue';
import type { Runner, Sender } from './runner';
import { SharedReadings } from './snapshots';

/** What reports are answered from. */
export interface ReportSources {
  readonly log: EventLog;
  readonly journal: ClosedJournal;
  readonly clock: Clock;
  readonly context: DecisionContext;
  readonly runner: Runner;
  readonly catalogue: EventCatalogue;
  readonly senders: readonly Sender[];
}
/** What a report knows besides its arguments. */
export interface ReportContext {
  /** As of the cut. */
  readonly models: ReadModels;
  /** As of now. */
  readonly live: ReadModels;
  readonly cut?: AsOf;
  /** The instant for which it is answered: that of the cut, or now. */
  readonly at: Instant;
  /** Of a report with pages. */
  readonly page: PageQuestion;
  readonly caller: CallerIdentity;
  /** Opens personal values for the caller, and records whose. */
  readonly reads: PersonalReads;
  readonly sources: ReportSources;
}

type Answer<V, P> = P extends true ? Connection<V> : V;
/**
 * Declares a report: its query, arguments and answer.
 * @param declared `arguments`: checked before `ask` (lengths, limits, enumerations); the path of the one at fault is in
 *   the refusal. `ask` gets those that were given
 */
export const report = <A extends Fields, V, P extends true | undefined = undefined>(
  declared: Omit<Report, 'arguments' | 'answer' | 'page' | 'ask'> & {
    readonly arguments: A;
    readonly answer: Field<V>;
    readonly page?: P;
    readonly ask: (question: ObjectOf<A>, context: ReportContext) => Answer<V, P> | Promise<Answer<V, P>>;
  },
): Report => declared as unknown as Report;

/**
 * A connection within an answer; the answer has a function that gives its pages.
 * @param declared its arguments beside those of a page
 * @param allow the roles that may ask for it, of those that may ask for the answer
 */
export const pageField = <F extends Fields, A extends Fields = Record<never, never>>(
  object: ObjectFields<F>,
  description: string,
  declared?: A,
  allow?: readonly Role[],
): Field<(question: PageQuestion & ObjectOf<A>) => Connection<ObjectOf<F>> | Promise<Connection<ObjectOf<F>>>> =>
  ({ ...field.object(object, description, { page: declared ?? {}, ...(allow && { allow }) }) }) as never;

/** What a subscription knows besides its arguments. */
export interface FollowContext extends Pick<ReportContext, 'models' | 'caller' | 'reads' | 'sources'> {
  /** The position of the last answer that was received. */
  readonly after?: Position;
  /** Aborted when the subscriber is gone; the answers end then. */
  readonly signal: AbortSignal;
}
type Following<A extends Fields> = Omit<Subscription, 'arguments' | 'answer' | 'follow'> & { readonly arguments: A };

/** Declares a subscription: its arguments, checked before `follow` gets them, and its answers one by one. */
export const subscription = <A extends Fields, F extends Fields>(
  declared: Following<A> & {
    readonly answer: ObjectFields<F>;
    readonly follow: (question: ObjectOf<A>, context: FollowContext) => AsyncIterable<ObjectOf<F>>;
  },
): Subscription => declared as unknown as Subscription;

/**
 * Declares a subscription to a state: it is answered now, and again whenever an event of these types has changed it, each
 * time with its position. What changes with time alone is not sent.
 * @param declared `state`: the state at an instant; those who ask the same share it. Beside the fields of `answer` it may have
 *   what else makes a change
 */
export const snapshotSubscription = <A extends Fields, F extends Fields>({
  answer,
  types,
  state,
  ...declared
}: Following<A> & {
  readonly answer: ObjectFields<F>;
  readonly types: readonly string[] | undefined;
  readonly state: (question: ObjectOf<A>, models: ReadModels, at: Instant) => Promise<ObjectOf<F>>;
}): Subscription => {
  const shared = new WeakMap<ReadModels, SharedReadings>();
  const position = field.text(
    'Position in the log that the snapshot was taken at; pass it as `after` to continue from here.',
  );
  return subscription({
    ...declared,
    answer: objectFields(answer.name, answer.description, { position, ...answer.fields } as Fields),
    follow: (question, { models, sources: { log, runner, clock }, ...from }) => {
      const readings = shared.get(models) ?? new SharedReadings();
      shared.set(models, readings);
      const read = () => state(question as ObjectOf<A>, models, clock.now());
      return readings.snapshots(JSON.stringify(question), log, runner, { ...from, types }, read);
    },
  });
};
