import { asOfBoundOf, DecisionContext, zoneOf } from '@baton/kernel';
import { logDefinitions } from '@baton/definitions/definitions.module';
import { PersonalReads, type CallerIdentity } from '@baton/platform/access';
import { haveReachedTip } from '@baton/platform/at-tip';
import { catalogueFor } from '@baton/platform/catalogue';
import type { Config } from '@baton/platform/config';
import { ReadModels, referenceInstantOf, type AsOf } from '@baton/platform/documents';
import { SealedJournal } from '@baton/platform/event-log';
import type { ReportContext, ReportSources } from '@baton/platform/report';
import { historyOf, StreamStarts } from '@baton/platform/runner';
import { openStores, SystemClock } from '@baton/platform/stores';
import { contextParts } from '../contexts';
import { declared } from './declared';
import { configOfTerminal } from './terminal';
import type { Sources } from './view';

/** The same value at each use, made at the first. */
const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
};

/**
 * The stores for reading, without starting anything: undefined if something has to be followed first. What only some
 * questions need, such as the events of all contexts, is loaded when it is used.
 */
const openReading = async (config: Config): Promise<{ sources: Sources; close: () => Promise<void> } | undefined> => {
  const clock = new SystemClock();
  const stores = await openStores(config, clock, { readOnly: true });
  const { log, documents, keys } = stores;
  const closeStores = () => Promise.all([log.close(), documents.close(), keys.close()]);
  const { followers } = declared();
  if (!(await haveReachedTip(stores, followers).catch(() => false))) {
    await closeStores();
    return undefined;
  }
  const catalogue = once(() => catalogueFor(contextParts));
  const journal = once(() => new SealedJournal(log, catalogue(), keys));
  const history = once(() => historyOf(log, journal(), clock, { streamStarts: new StreamStarts(log) }));
  const registered = new Set(followers.projections.map(({ name }) => name));
  const live = new ReadModels(documents, (cut) => history()(cut), registered);
  const definitions = once(() => logDefinitions(journal(), log, live, true));
  let followsDefinitions = false;
  const context = once(() => {
    followsDefinitions = true;
    return new DecisionContext(clock, definitions());
  });
  const sources: Sources = {
    ...{ log, clock, live },
    readsFor: noReads,
    get catalogue() {
      return catalogue();
    },
    get journal() {
      return journal();
    },
    get context() {
      return context();
    },
  };
  const close = async () => {
    if (followsDefinitions) await definitions().close();
    await closeStores();
  };
  return { sources, close };
};

/**
 * Answers a question from the read models, after everything in the log was followed; if the log is unavailable, from
 * what they hold, and a line says how far they are.
 * @param inSession whether reading is not enough: what is shown is recorded, or what was shown is to be followed first
 */
export const answerFrom = async <T>(work: (sources: Sources) => Promise<T>, { inSession = false } = {}): Promise<T> => {
  const config = configOfTerminal();
  // What fails here fails again below, where it is reported.
  const reading = inSession ? undefined : await openReading(config).catch(() => undefined);
  if (reading) return work(reading.sources).finally(reading.close);
  const { Session } = await import('./session.js');
  return Session.use(
    async (session) => {
      await session.catchUpIfPossible();
      return work(session.sources);
    },
    { config },
  );
};

const nobody: CallerIdentity = { actor: 'local', origin: 'person', roles: [] };
/** Of a process that only reads: it cannot record what it shows, so it shows nothing. */
const noReads = (operation: string): PersonalReads =>
  new PersonalReads({ open: async () => [] }, () => Promise.resolve(), nobody, operation);

/** The cut that the options ask for: a day counts to its end in the zone. */
export const cutOf = ({
  happenedBy,
  knownBy,
  knownAt,
  timeZone,
}: {
  readonly happenedBy?: string;
  readonly knownBy?: string;
  readonly knownAt?: string;
  readonly timeZone?: string;
}): AsOf | undefined => {
  if (happenedBy === undefined && knownBy === undefined && knownAt === undefined) return undefined;
  const zone = zoneOf(timeZone, 'time-zone');
  return {
    ...(happenedBy !== undefined && { happenedBy: asOfBoundOf(happenedBy, zone, 'happenedBy') }),
    ...(knownBy !== undefined && { knownBy: asOfBoundOf(knownBy, zone, 'knownBy') }),
    ...(knownAt !== undefined && { knownAt }),
  };
};

/** What a report is answered with. The command line reads no personal data; `baton case-file --personal` does. */
export const contextFor = (sources: Sources, cut: AsOf | undefined): ReportContext => ({
  ...{ live: sources.live, models: sources.live.asOf(cut), at: referenceInstantOf(cut, sources.clock), page: {} },
  ...(cut && { cut }),
  caller: nobody,
  reads: noReads('report'),
  // Only `status` and `outbox` ask for the runner and the senders; they are commands of their own.
  sources: sources as unknown as ReportSources,
});
