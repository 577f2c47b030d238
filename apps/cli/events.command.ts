import { once } from 'node:events';
import { field, Refused, START, withoutSecrets, type RawEvent } from '@baton/kernel';
import { catalogueFor } from '@baton/platform/catalogue';
import { contextParts } from '../contexts';
import { didYouMean } from './arguments';
import { single } from './command';
import { print } from './output';
import { Session } from './session';
import { terminal } from './terminal';

const write = async (events: readonly RawEvent[], catalogue: ReturnType<typeof catalogueFor>): Promise<void> => {
  const shown = events.map((event) => ({ ...event, data: withoutSecrets(catalogue, event) }));
  const text = shown.map((event) => `${JSON.stringify(event)}\n`).join('');
  if (text && !print(text)) await once(terminal().stdout, 'drain');
};

/** @throws Refused `cli/unknown-event-type` with the nearest name */
const checkType = (type: string): void => {
  const known = [...catalogueFor(contextParts).keys()];
  if (known.includes(type)) return;
  const help = didYouMean(type, known) || ' libs/*/README.md lists the event types of each context.';
  throw new Refused('cli/unknown-event-type', `--types: there is no event type "${type}".${help}`, 'types');
};
const optional = { optional: true } as const;

export const command = single({
  options: {
    types: field.text('Only these event types.', { optional: true, list: true, check: checkType }),
    stream: field.text('Only this stream: lead-<id>.', optional),
    after: field.text('Start after this position.', optional),
    limit: field.integer('Maximum number of events.', { optional: true, min: 1 }),
    follow: field.flag('Keep running and print new events.', optional),
    json: field.flag('No effect: the output is always NDJSON.', optional),
  },
  example: '--types LeadCaptured,TouchRecorded --limit 10',
  run: async (_, { types, stream, after = START, limit = Infinity, follow }) => {
    await Session.use(async ({ log }) => {
      const catalogue = catalogueFor(contextParts);
      const stopping = new AbortController();
      const stop = () => stopping.abort();
      process.once('SIGINT', stop);
      try {
        let left = limit;
        for await (const page of log.follow(after, { ...(types && { types }) }, { signal: stopping.signal })) {
          const wanted = page.events.filter((event) => !stream || event.stream === stream).slice(0, left);
          await write(wanted, catalogue);
          left -= wanted.length;
          if (left <= 0 || (page.atTip && !follow)) break;
        }
      } finally {
        process.off('SIGINT', stop);
      }
    });
  },
});
