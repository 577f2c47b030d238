import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { Command, CommandRunner, Help, Option } from 'nest-commander';
import {
  checkLogFilter,
  exportable,
  exportFormats,
  exportParts,
  exportToFile,
  readModelNamed,
  readModelSource,
  unfinishedPlan,
  type ExportFormat,
  type ExportSource,
  type LogFilter,
} from '@baton/audit';
import { LogHeads } from '@baton/audit/audit.module';
import { boundOf, Documents, Refused, type Instant } from '@baton/kernel';
import { accessParts } from '@baton/platform/access';
import { catalogueFor } from '@baton/platform/platform.module';
import { contextParts } from '../contexts';
import { parseDayOrInstant, parseOneOf, parseZone } from './arguments';
import { countOf, line, printJson, Progress, warn } from './output';
import { Session } from './session';
import { terminal } from './terminal';

interface Options {
  format?: ExportFormat;
  out?: string;
  types?: string[];
  stream?: string;
  category?: string;
  from?: string;
  to?: string;
  timeZone?: string;
  after?: string;
  until?: string;
  json?: boolean;
}
/** What is exported, and from where: an unfinished export goes on with the same. */
interface Plan {
  readonly of: string;
  readonly format: ExportFormat;
  readonly filter?: LogFilter;
  /** Of the log: the signed size. */
  readonly size?: number;
  /** Of a read model: its checkpoint, and the instant for which computed fields are answered. */
  readonly position?: string;
  readonly at?: Instant;
}

@Command({
  name: 'export',
  arguments: '<of>',
  argsDescription: { of: 'log, or the name of a read model' },
  description:
    'Export the log or a read model; personal values stay sealed. To a file it goes on where it was stopped.',
})
export class ExportCommand extends CommandRunner {
  async run([of]: string[], { format = 'ndjson', out, json, ...asked }: Options): Promise<void> {
    const filter = this.filterOf(asked);
    if (of !== 'log' && Object.keys(filter).length > 0)
      throw new Refused('export/bad-filter', 'Only the log has these filters; leave them out.', Object.keys(filter)[0]);
    await Session.use(async (session) => {
      await session.catchUp();
      const before = out === undefined ? undefined : ((await unfinishedPlan(out)) as Plan | undefined);
      const { source, plan } =
        of === 'log'
          ? await this.log(session, filter, format, before)
          : await this.readModel(session, of!, format, before, out);
      const progress = new Progress(`export ${of}`, 'rows', source.total);
      const onPart = ({ looked }: { readonly looked: number }) => progress.at(looked, source.total);
      if (out === undefined) {
        for await (const part of exportParts(source, format)) {
          onPart(part);
          const { stdout } = terminal();
          if (!stdout.write(part.bytes)) await once(stdout, 'drain');
        }
        return progress.done();
      }
      const { rows, resumed } = await exportToFile(source, format, out, plan, { onPart });
      progress.done();
      // CSV has no room for what stands in the other formats before the rows.
      if (format === 'csv')
        await writeFile(`${out}.header.json`, `${JSON.stringify(source.header)}\n`, { mode: 0o600 });
      if (json) printJson({ rows, resumed, file: out });
      else line(`${countOf(rows, 'row')} in ${out}${resumed > 0 ? `, of which ${resumed} were there already` : ''}`);
    });
  }

  private filterOf({ timeZone = 'UTC', from, to, ...filter }: Omit<Options, 'format' | 'out' | 'json'>): LogFilter {
    return checkLogFilter(
      {
        ...filter,
        ...(from !== undefined && { from: boundOf(from, timeZone, 'from') }),
        ...(to !== undefined && { to: boundOf(to, timeZone, 'to') }),
      },
      catalogueFor(contextParts),
    );
  }

  private async log(session: Session, filter: LogFilter, format: ExportFormat, before: Plan | undefined) {
    for (const position of [filter.after, filter.until])
      if (position !== undefined) session.log.assertPosition(position);
    const { head, source } = await session.app.get(LogHeads).source(filter, before?.size);
    const plan: Plan = { of: 'log', format, filter, size: head.size };
    return { source, plan };
  }

  private async readModel(session: Session, of: string, format: ExportFormat, before: Plan | undefined, out?: string) {
    const parts = [accessParts, ...contextParts];
    const model = readModelNamed(exportable(parts.flatMap(({ projections }) => projections)), of);
    const generation = (await session.models.collection(model)).name;
    const position = (await session.app.get(Documents).checkpoint(generation))?.position ?? '';
    const isSame = before?.of === of && before.format === format && before.position === position;
    if (before?.of === of && before.format === format && !isSame) {
      warn(`${of} has changed since the export was stopped: it begins anew.`);
      for (const end of ['.part', '.part.json']) await rm(`${out}${end}`, { force: true });
    }
    const at = (isSame ? before.at : undefined) ?? session.clock.now();
    const source: ExportSource = await readModelSource(session.models, model, at);
    const plan: Plan = { of, format, position, at };
    return { source, plan };
  }

  @Option({ flags: '--format <format>', description: `${exportFormats.join(', ')}; by default ndjson.` })
  format(value: string) {
    return parseOneOf(value, exportFormats, 'format');
  }
  @Option({ flags: '--out <file>', description: 'The file; by default standard output.' })
  out(value: string) {
    return value;
  }
  @Option({ flags: '--types <types>', description: 'Only these event types, comma-separated.' })
  types(value: string) {
    return value.split(',').map((one) => one.trim());
  }
  @Option({ flags: '--stream <stream>', description: 'Only this stream: lead-<id>.' })
  stream(value: string) {
    return value;
  }
  @Option({ flags: '--category <kind>', description: 'Only streams of this kind: lead.' })
  category(value: string) {
    return value;
  }
  @Option({ flags: '--from <when>', description: 'Only events that occurred on this day, at this instant or later.' })
  from(value: string) {
    return parseDayOrInstant(value, 'from');
  }
  @Option({ flags: '--to <when>', description: 'Only events that occurred before this day or instant.' })
  to(value: string) {
    return parseDayOrInstant(value, 'to');
  }
  @Option({ flags: '--time-zone <zone>', description: 'Time zone of the days, by default UTC.' })
  timeZone(value: string) {
    return parseZone(value);
  }
  @Option({ flags: '--after <position>', description: 'Only events after this position.' })
  after(value: string) {
    return value;
  }
  @Option({ flags: '--until <position>', description: 'Only events up to this position.' })
  until(value: string) {
    return value;
  }
  @Option({ flags: '--json', description: 'Print the result as JSON; needs --out.' })
  json() {
    return true;
  }
  @Help('after')
  example() {
    return '\nExample: baton export log --out log.ndjson';
  }
}
