import { once } from 'node:events';
import { Command, CommandRunner, Help, Option } from 'nest-commander';
import { Refused, START, withoutSecrets, type RawEvent } from '@baton/kernel';
import { catalogueFor } from '@baton/platform/platform.module';
import { contextParts } from '../contexts';
import { didYouMean, parseWholeNumber } from './arguments';
import { print } from './output';
import { Session } from './session';
import { terminal } from './terminal';

interface Options {
  types?: string[];
  stream?: string;
  after?: string;
  limit?: number;
  follow?: boolean;
}

const write = async (events: readonly RawEvent[], catalogue: ReturnType<typeof catalogueFor>): Promise<void> => {
  const shown = events.map((event) => ({ ...event, data: withoutSecrets(catalogue, event) }));
  const text = shown.map((event) => `${JSON.stringify(event)}\n`).join('');
  if (text && !print(text)) await once(terminal().stdout, 'drain');
};

/** Comma-separated event types. @throws Refused `cli/unknown-event-type` with the nearest name */
const typesOf = (text: string): string[] => {
  const known = [...catalogueFor(contextParts).keys()];
  return text.split(',').map((one) => {
    const type = one.trim();
    if (known.includes(type)) return type;
    const help = didYouMean(type, known) || ' libs/*/README.md lists the event types of each context.';
    throw new Refused('cli/unknown-event-type', `--types: there is no event type "${type}".${help}`, 'types');
  });
};

@Command({
  name: 'events',
  description:
    'Print events as NDJSON, one per line, oldest first; personal fields stay encrypted, and the hashes of keys are left out. Resume with --after.',
})
export class EventsCommand extends CommandRunner {
  async run(_: string[], { types, stream, after = START, limit = Infinity, follow }: Options): Promise<void> {
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
  }

  @Option({ flags: '--types <types>', description: 'Only these event types, comma-separated.' })
  types(value: string) {
    return typesOf(value);
  }
  @Option({ flags: '--stream <stream>', description: 'Only this stream: lead-<id>.' })
  stream(value: string) {
    return value;
  }
  @Option({ flags: '--after <position>', description: 'Start after this position.' })
  after(value: string) {
    return value;
  }
  @Option({ flags: '--limit <count>', description: 'Maximum number of events.' })
  limit(value: string) {
    return parseWholeNumber(value, 'limit', 1);
  }
  @Option({ flags: '--follow', description: 'Keep running and print new events.' })
  follow() {
    return true;
  }
  @Option({ flags: '--json', description: 'No effect: the output is always NDJSON.' })
  json() {
    return true;
  }
  @Help('after')
  example() {
    return '\nExample: baton events --types LeadCaptured,TouchRecorded --limit 10';
  }
}
