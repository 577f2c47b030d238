import {
  field,
  type Clock,
  type DecisionContext,
  type EventLog,
  type Field,
  type Fields,
  type Instant,
  type Journal,
  type ObjectFields,
  type ObjectOf,
  type Report,
} from '@baton/kernel';
import type { CallerIdentity } from './access';
import type { AsOf, Connection, PageQuestion, ReadModels } from './documents';
import type { EventCatalogue } from './catalogue';
import type { Runner, Sender } from './runner';

/** What reports are answered from. */
export interface ReportSources {
  readonly log: EventLog;
  readonly journal: Journal;
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
 */
export const pageField = <F extends Fields, A extends Fields = Record<never, never>>(
  object: ObjectFields<F>,
  description: string,
  declared?: A,
): Field<(question: PageQuestion & ObjectOf<A>) => Connection<ObjectOf<F>> | Promise<Connection<ObjectOf<F>>>> =>
  ({ ...field.object(object, description, { page: declared ?? {} }) }) as never;
