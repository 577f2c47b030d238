import { EventLog, START, type Position, type RawEvent } from '@baton/kernel';

/** A page of the log; `position` is where the next page starts. */
export interface EventPage {
  readonly events: readonly RawEvent[];
  readonly position: Position;
  /** The end of the log was reached. */
  readonly atTip: boolean;
}

/**
 * The next events after a position, as stored: personal fields stay sealed.
 * @param question `types`: only these; `stream`: only of this stream; `first`: maximum number of events
 */
export const eventsAfter = async (
  log: EventLog,
  {
    types,
    stream,
    after = START,
    first,
  }: {
    readonly types?: readonly string[];
    readonly stream?: string;
    readonly after?: Position;
    readonly first: number;
  },
): Promise<EventPage> => {
  if (stream === undefined) return log.readAll(after, types ? { types } : {}, first);
  const rest = (await log.read(stream)).filter(
    ({ position, type }) => position > after && (!types || types.includes(type)),
  );
  const events = rest.slice(0, first);
  return { events, position: events.at(-1)?.position ?? after, atTip: rest.length <= first };
};
