import { Readable } from 'node:stream';
import { Controller, Get, Inject, Param, Query, Req, Res, StreamableFile } from '@nestjs/common';
import {
  checkGrant,
  checkLogFilter,
  exportable,
  exportFormats,
  exportParts,
  exportRoles,
  encoderFor,
  grantRoles,
  readModelNamed,
  readModelSource,
  type ExportFormat,
  type ExportSource,
  type LogFilter,
} from '@baton/audit';
import { LogHeads } from '@baton/audit/audit.module';
import { asOfBoundOf, boundOf, Clock, codeOf, EventLog, Refused, zoneOf, type Role } from '@baton/kernel';
import {
  Access,
  accessParts,
  ACTS_FOR,
  type PersonalReads,
  ReadsOfCallers,
  REASON_LENGTH,
  RefusedAccess,
  type CallerIdentity,
} from '@baton/platform/access';
import { ReadModels, type AsOf } from '@baton/platform/documents';
import { accessRefusal, unauthenticated } from '@baton/platform/graphql';
import type { EventCatalogue } from '@baton/platform/catalogue';
import { CATALOGUE } from '@baton/platform/platform.module';
import { contextParts } from '../contexts';
import { ReportExports, reportNamed } from '../report-exports';

interface Request {
  readonly headers: Readonly<Record<string, string | undefined>>;
}
interface Reply {
  header(name: string, value: string): unknown;
}
type Question = Readonly<Record<string, string | string[] | undefined>>;

const names = ['format', 'types', 'stream', 'category', 'from', 'to', 'timeZone', 'after', 'until', 'head', 'skip'];
const reportNames = ['format', 'arguments', 'happenedBy', 'knownBy', 'timeZone', 'head', 'skip'];
/** Of a read model, for those who work with leads by name. */
const grantNames = ['openPersonal', 'reason'];
/** Rows that are made at once: others are served in between. A row group of Parquet. */
const BATCH_ROWS: Readonly<Record<ExportFormat, number>> = { ndjson: 200, csv: 200, cloudevents: 200, parquet: 2000 };

const wholeNumber = (question: Question, name: string): number | undefined => {
  const text = question[name];
  if (text === undefined) return undefined;
  if (typeof text === 'string' && /^\d{1,15}$/.test(text)) return Number(text);
  throw new Refused('export/bad-argument', `${name} must be a whole number.`, name);
};

const textOf = (question: Question, name: string): string | undefined => {
  const value = question[name];
  if (value === undefined || typeof value === 'string') return value;
  throw new Refused('export/bad-argument', `${name} must be given once.`, name);
};

/** The format and the place of an answer. @throws Refused `export/bad-argument` also for an argument that is not known */
const checkQuestion = (question: Question, known: readonly string[]) => {
  const unknown = Object.keys(question).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new Refused(
      'export/bad-argument',
      `${unknown} is not known; the arguments are ${known.join(', ')}.`,
      unknown,
    );
  const { format: asked = 'ndjson' } = question;
  const format = exportFormats.find((one) => one === asked);
  if (!format) throw new Refused('export/bad-argument', `format must be one of ${exportFormats.join(', ')}.`, 'format');
  const [head, skip = 0] = [wholeNumber(question, 'head'), wholeNumber(question, 'skip')];
  if (skip > 0 && head === undefined)
    throw new Refused(
      'export/bad-argument',
      'skip needs the head of the first answer; a read model has none, as it changes meanwhile.',
      'head',
    );
  return { format, head, skip };
};
/** The arguments of a report, as JSON. @throws Refused `export/bad-arguments` */
const parsedArguments = (question: Question): unknown => {
  const text = textOf(question, 'arguments');
  if (text === undefined) return {};
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Refused('export/bad-arguments', 'arguments must be JSON.', 'arguments');
  }
};
const cutOf = (question: Question): Pick<AsOf, 'happenedBy' | 'knownBy'> => {
  const zone = zoneOf(textOf(question, 'timeZone') ?? 'UTC', 'timeZone');
  const bounds = (['happenedBy', 'knownBy'] as const).flatMap((name) => {
    const text = textOf(question, name);
    return text === undefined ? [] : [[name, asOfBoundOf(text, zone, name)]];
  });
  return Object.fromEntries(bounds) as Pick<AsOf, 'happenedBy' | 'knownBy'>;
};
const fileOf = (of: string, source: ExportSource, format: ExportFormat, skip: number): StreamableFile =>
  new StreamableFile(Readable.from(bytesOf(source, format, skip), { objectMode: false }), {
    type: encoderFor(format, source).mediaType,
    disposition: `attachment; filename="${of}.${format === 'cloudevents' ? 'cloudevents.ndjson' : format}"`,
  });

/**
 * `GET /export/log`, `GET /export/<read model>` and `GET /export/report/<name>`, for analysts and auditors: the bytes that `baton export` writes, Parquet
 * in smaller row groups. They are made as they are read. To go on after an interruption, give the `head` of the first answer (header
 * `baton-export-head`) and `skip` the bytes that are there.
 */
@Controller('export')
export class ExportController {
  private readonly readModels = exportable([accessParts, ...contextParts].flatMap(({ projections }) => projections));

  constructor(
    private readonly access: Access,
    private readonly models: ReadModels,
    private readonly log: EventLog,
    private readonly heads: LogHeads,
    private readonly clock: Clock,
    private readonly reads: ReadsOfCallers,
    private readonly refused: RefusedAccess,
    private readonly reports: ReportExports,
    @Inject(CATALOGUE) private readonly catalogue: EventCatalogue,
  ) {}

  @Get('report/:name')
  async exportReport(
    @Param('name') report: string,
    @Query() question: Question,
    @Req() request: Request,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<StreamableFile> {
    // Who may export nothing is not told which reports there are.
    const caller = await this.authorize(request, undefined, exportRoles);
    await this.authorize(request, reportNamed(report).allow, exportRoles);
    const { format, head: size, skip } = checkQuestion(question, reportNames);
    const found = await this.heads.head(size);
    const cut = cutOf(question);
    const source = await this.reports.source({ report, given: parsedArguments(question), cut }, found, caller.actor);
    reply.header('baton-export-head', String(found.head.size));
    return fileOf(report, source, format, skip);
  }

  @Get(':of')
  async export(
    @Param('of') of: string,
    @Query() question: Question,
    @Req() request: Request,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<StreamableFile> {
    const allowed = of === 'log' ? undefined : this.readModels.get(of)?.shown.allow;
    const caller = await this.authorize(
      request,
      allowed,
      question['openPersonal'] === 'true' ? grantRoles : exportRoles,
    );
    const { format, head, skip } = checkQuestion(question, [...names, ...grantNames]);
    const filter = this.filterOf(question);
    const reads = this.readsOf(of, question, caller);
    const { source, size } =
      of === 'log' ? await this.logSource(filter, head) : await this.modelSource(of, filter, head, reads);
    if (size !== undefined) reply.header('baton-export-head', String(size));
    return fileOf(of, source, format, skip);
  }

  /** @throws Refused `access/…`, which is recorded */
  private async authorize(
    { headers }: Request,
    allowed: readonly Role[] | undefined,
    roles: readonly Role[],
  ): Promise<CallerIdentity> {
    let caller: CallerIdentity | undefined;
    try {
      caller = await this.access.authenticate(headers['authorization'], headers[ACTS_FOR]);
      if (!caller) throw unauthenticated();
      const denied = accessRefusal(caller, roles) ?? (allowed ? accessRefusal(caller, allowed) : undefined);
      if (denied) throw denied;
      return caller;
    } catch (error) {
      this.refused.note('export', codeOf(error), caller);
      throw error;
    }
  }

  /** What opens personal values, where they are granted. @throws Refused `export/…` */
  private readsOf(of: string, { openPersonal, reason }: Question, caller: CallerIdentity): PersonalReads | undefined {
    if (openPersonal !== undefined && openPersonal !== 'true' && openPersonal !== 'false')
      throw new Refused('export/bad-argument', 'openPersonal must be true or false.', 'openPersonal');
    if (reason !== undefined && (typeof reason !== 'string' || reason.length > REASON_LENGTH))
      throw new Refused('export/bad-argument', `reason must have at most ${REASON_LENGTH} characters.`, 'reason');
    checkGrant(of, openPersonal === 'true', reason);
    return openPersonal === 'true' ? this.reads.of(caller, `export ${of}`, reason) : undefined;
  }

  private filterOf(question: Question): LogFilter {
    const text = (name: string) => textOf(question, name);
    const zone = zoneOf(text('timeZone') ?? 'UTC', 'timeZone');
    const bound = (name: 'from' | 'to') => {
      const value = text(name);
      return value === undefined ? {} : { [name]: boundOf(value, zone, name) };
    };
    const types = text('types')?.split(',');
    const others = (['stream', 'category', 'after', 'until'] as const).flatMap((name) => {
      const value = text(name);
      return value === undefined ? [] : [[name, value]];
    });
    const filter = {
      ...(types && { types }),
      ...(Object.fromEntries(others) as LogFilter),
      ...bound('from'),
      ...bound('to'),
    };
    for (const position of [filter.after, filter.until]) if (position !== undefined) this.log.assertPosition(position);
    return checkLogFilter(filter, this.catalogue);
  }

  private async logSource(filter: LogFilter, size: number | undefined) {
    const { head, source } = await this.heads.source(filter, size);
    return { source, size: head.size };
  }

  private async modelSource(of: string, filter: LogFilter, head: number | undefined, reads: PersonalReads | undefined) {
    const model = readModelNamed(this.readModels, of);
    const [given] = [...Object.keys(filter), ...(head === undefined ? [] : ['head'])];
    if (given !== undefined) throw new Refused('export/bad-filter', `Only the log has ${given}; leave it out.`, given);
    return { source: await readModelSource(this.models, model, this.clock.now(), reads), size: undefined };
  }
}

/** The bytes of an export behind those that are skipped. */
async function* bytesOf(source: ExportSource, format: ExportFormat, skip: number): AsyncGenerator<Uint8Array> {
  let left = skip;
  for await (const { bytes } of exportParts(source, format, undefined, BATCH_ROWS[format])) {
    if (left < bytes.length) yield bytes.subarray(left);
    left = Math.max(0, left - bytes.length);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
