import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import {
  checkGrant,
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
import { boundOf, field, Documents, Refused, type Instant } from '@baton/kernel';
import { accessParts, REASON_LENGTH } from '@baton/platform/access';
import { catalogueFor } from '@baton/platform/catalogue';
import type { AsOf } from '@baton/platform/documents';
import { contextParts } from '../contexts';
import { ReportExports } from '../report-exports';
import { single } from './command';
import { namesEnumeration } from './options';
import { countOf, line, printJson, Progress, warn } from './output';
import { Session } from './session';
import { cutOf } from './sources';
import { terminal } from './terminal';

const REPORT = 'report:';

/** What is exported, and from where: an unfinished export goes on with the same. */
interface Plan {
  readonly of: string;
  readonly format: ExportFormat;
  readonly filter?: LogFilter;
  /** Of the log: the signed size. */
  readonly size?: number;
  /** Of a report: its arguments, and the ends of what is known, beside the signed size. */
  readonly arguments?: unknown;
  readonly cut?: Pick<AsOf, 'happenedBy' | 'knownBy'>;
  /** Of a read model: its checkpoint, and the instant for which computed fields are answered. */
  readonly position?: string;
  readonly at?: Instant;
  /** Why personal values are in it in clear; absent: they are sealed. */
  readonly reason?: string;
}

const optional = { optional: true } as const;
const formats = namesEnumeration('ExportFormat', 'The format of an export.', exportFormats);

export const command = single({
  words: { of: 'log, the name of a read model, or report: and the name of a report' },
  options: {
    format: field.enum(formats, 'The format:', { default: 'ndjson' }),
    out: field.text('The file; by default standard output.', optional),
    types: field.text('Only these event types.', { optional: true, list: true }),
    stream: field.text('Only this stream: lead-<id>.', optional),
    category: field.text('Only streams of this kind: lead.', optional),
    from: field.dayOrInstant('Only events that occurred on this day, at this instant or later.', optional),
    to: field.dayOrInstant('Only events that occurred before this day or instant.', optional),
    timeZone: field.zone('IANA time zone of days; UTC by default.'),
    after: field.text('Only events after this position.', optional),
    until: field.text('Only events up to this position.', optional),
    arguments: field.text('Of a report: its arguments as JSON: {"by":"owner"}.', optional),
    happenedBy: field.dayOrInstant('Of a report: ignores events that occurred after this day or instant.', optional),
    knownBy: field.dayOrInstant('Of a report: ignores events recorded after this day or instant.', optional),
    openPersonal: field.flag(
      'Of a read model: with personal values in clear. That they were given is recorded.',
      optional,
    ),
    reason: field.text('Why they are needed; it is recorded, so it must name nobody.', {
      ...{ optional: true, min: 1, max: REASON_LENGTH },
    }),
    json: field.flag('Print the result as JSON; needs --out.', optional),
  },
  example: 'log --out log.ndjson',
  run: async ([name], given) => {
    const { format, out, json, timeZone, from, to, openPersonal = false, reason, ...rest } = given;
    const { arguments: ofReport, happenedBy, knownBy, ...asked } = rest;
    const of = name!;
    const report = of.startsWith(REPORT) ? of.slice(REPORT.length) : undefined;
    const [extra] = Object.entries({ arguments: ofReport, happenedBy, knownBy }).filter(([, one]) => one !== undefined);
    if (report === undefined && extra)
      throw new Refused('export/bad-argument', `Only a report has ${extra[0]}; leave it out.`, extra[0]);
    if (report !== undefined && openPersonal)
      throw new Refused(
        'export/report-is-sealed',
        'Reports have no personal values; export a read model.',
        'openPersonal',
      );
    checkGrant(of, openPersonal, reason);
    const filter = filterOf({ ...asked, from, to, timeZone });
    if (of !== 'log' && Object.keys(filter).length > 0)
      throw new Refused('export/bad-filter', 'Only the log has these filters; leave them out.', Object.keys(filter)[0]);
    await Session.use(async (session) => {
      await session.catchUp();
      const before = out === undefined ? undefined : ((await unfinishedPlan(out)) as Plan | undefined);
      const { source, plan } =
        of === 'log'
          ? await logSource(session, filter, format, before)
          : report !== undefined
            ? await reportPlan(session, of, report, format, before, {
                ...{ text: ofReport, cut: cutOf({ happenedBy, knownBy, timeZone } as never) ?? {} },
              })
            : await readModelPlan(session, of, format, before, { out, ...(openPersonal && { reason }) });
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
  },
});

const filterOf = ({
  timeZone = 'UTC',
  from,
  to,
  ...filter
}: Omit<LogFilter, 'from' | 'to'> & Partial<Record<'from' | 'to' | 'timeZone', string>>): LogFilter =>
  checkLogFilter(
    {
      ...filter,
      ...(from !== undefined && { from: boundOf(from, timeZone, 'from') }),
      ...(to !== undefined && { to: boundOf(to, timeZone, 'to') }),
    },
    catalogueFor(contextParts),
  );

const logSource = async (session: Session, filter: LogFilter, format: ExportFormat, before: Plan | undefined) => {
  for (const position of [filter.after, filter.until]) if (position !== undefined) session.log.assertPosition(position);
  const { head, source } = await session.app.get(LogHeads).source(filter, before?.size);
  const plan: Plan = { of: 'log', format, filter, size: head.size };
  return { source, plan };
};

const reportPlan = async (
  session: Session,
  of: string,
  report: string,
  format: ExportFormat,
  before: Plan | undefined,
  { text = '{}', cut }: { readonly text: string | undefined; readonly cut: Pick<AsOf, 'happenedBy' | 'knownBy'> },
) => {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    throw new Refused('export/bad-arguments', 'arguments must be JSON.', 'arguments');
  }
  const found = await session.app.get(LogHeads).head(before?.size);
  const source = await session.app.get(ReportExports).source({ report, given, cut }, found, 'local');
  const plan: Plan = { of, format, size: found.head.size, arguments: given, cut };
  return { source, plan };
};

const readModelPlan = async (
  session: Session,
  of: string,
  format: ExportFormat,
  before: Plan | undefined,
  { out, reason }: { readonly out: string | undefined; readonly reason?: string | undefined },
) => {
  const parts = [accessParts, ...contextParts];
  const model = readModelNamed(exportable(parts.flatMap(({ projections }) => projections)), of);
  const generation = (await session.models.collection(model)).name;
  const position = (await session.app.get(Documents).checkpoint(generation))?.position ?? '';
  const isSame =
    before?.of === of && before.format === format && before.position === position && before.reason === reason;
  if (before?.of === of && before.format === format && !isSame) {
    warn(`${of} has changed since the export was stopped: it begins anew.`);
    for (const end of ['.part', '.part.json']) await rm(`${out}${end}`, { force: true });
  }
  const at = (isSame ? before.at : undefined) ?? session.clock.now();
  const source: ExportSource = await readModelSource(
    ...([session.models, model, at] as const),
    reason === undefined ? undefined : session.sources.readsFor(`export ${of}`, reason),
  );
  const plan: Plan = { of, format, position, at, ...(reason !== undefined && { reason }) };
  return { source, plan };
};
