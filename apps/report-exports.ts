import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import {
  EventLog,
  Clock,
  DecisionContext,
  Journal,
  type ClosedJournal,
  NotFound,
  UnknownType,
  type Instant,
  type Json,
  type Report,
} from '@baton/kernel';
import {
  argumentsOf,
  exportableReports,
  LogTree,
  reportSource,
  tableOfReport,
  type ExportSource,
  type HeadDocument,
  type ReportOrigin,
  type ReportQuestion,
  type ReportTable,
} from '@baton/audit';
import { definitionInForce, definitionKinds } from '@baton/definitions';
import { PersonalReads, type CallerIdentity } from '@baton/platform/access';
import { ReadModels, type AsOf } from '@baton/platform/documents';
import type { EventCatalogue } from '@baton/platform/catalogue';
import { HeavyWork } from '@baton/platform/heavy-work';
import { CATALOGUE, SENDERS } from '@baton/platform/platform.module';
import type { ReportContext, ReportSources } from '@baton/platform/report';
import { Runner, type Sender } from '@baton/platform/runner';
import { contextParts } from './contexts';

/** What answers a report, beside its arguments. */
export interface ReportPlace {
  readonly live: ReadModels;
  readonly sources: ReportSources;
}
const nobody: CallerIdentity = { actor: 'export', origin: 'system', roles: [] };
/** Of the bearer of a report nothing is known: personal values stay sealed. */
const noReads = new PersonalReads({ open: async () => [] }, () => Promise.resolve(), nobody, 'report');

let reports: ReadonlyMap<string, Report> | undefined;
/** @throws NotFound `export/unknown-report` */
export const reportNamed = (name: string): Report => {
  reports ??= exportableReports(contextParts.flatMap((parts) => parts.reports ?? []));
  const found = reports.get(name);
  if (found) return found;
  const names = [...reports.keys()].sort().join(', ');
  throw new NotFound('export/unknown-report', `There is no report ${name} to export; there are ${names}.`, 'of');
};

/** The answer of a report as rows, the same for everybody: as its question says, and without personal values. */
export const askReport = (question: ReportQuestion, { live, sources }: ReportPlace): Promise<ReportTable> => {
  const report = reportNamed(question.report);
  const asked = argumentsOf(report, question.arguments);
  const context: Omit<ReportContext, 'page'> = {
    ...{ live, models: live.asOf(question.asOf), cut: question.asOf, at: question.at },
    ...{ caller: nobody, reads: noReads, sources },
  };
  return tableOfReport(report, (page) => report.ask(asked as never, { ...context, page } as never));
};

/** The version of each kind of definition that was in force at an instant, as far as a cut knows. */
export const definitionsAt = async (models: ReadModels, at: Instant): Promise<readonly string[]> => {
  const found = await Promise.all(definitionKinds.map((kind) => definitionInForce(models, { kind, at })));
  return found.flatMap((one) => (one ? [`${one.kind}@${one.number}`] : []));
};

/** The version of this code. */
export const codeVersion = (): string => {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
    if (dirname(folder) === folder)
      throw new UnknownType('export/no-version', 'There is no package.json above the code.');
  }
};

/** Exports reports with their origin. What they cost is spent in a process for heavy queries, where there is one. */
@Injectable()
export class ReportExports {
  private readonly ask: (question: ReportQuestion, caller: string) => Promise<ReportTable>;
  private readonly place: ReportPlace;

  constructor(
    live: ReadModels,
    log: EventLog,
    @Inject(Journal) journal: ClosedJournal,
    clock: Clock,
    context: DecisionContext,
    runner: Runner,
    work: HeavyWork,
    @Inject(CATALOGUE) catalogue: EventCatalogue,
    @Inject(SENDERS) senders: readonly Sender[],
  ) {
    this.place = { live, sources: { log, journal, clock, context, runner, catalogue, senders } };
    this.ask = work.register('report rows', (question: ReportQuestion) => askReport(question, this.place));
  }

  /**
   * A report as of a signed head, to be exported with its origin.
   * @param head of the log; nothing behind it is in the answer
   * @param cut what else limits what is known
   * @throws NotFound `export/unknown-report`; Refused as `argumentsOf` and the report
   */
  async source(
    {
      report,
      given,
      cut,
    }: { readonly report: string; readonly given: unknown; readonly cut: Pick<AsOf, 'happenedBy' | 'knownBy'> },
    { head, verifierKeys }: { readonly head: HeadDocument; readonly verifierKeys: readonly string[] },
    caller: string,
  ): Promise<ExportSource> {
    const { live } = this.place;
    const asked = argumentsOf(reportNamed(report), given);
    const last = await (await LogTree.open(live)).placeAt(head.size - 1);
    const asOf: AsOf = { ...cut, knownAt: last.position };
    const at = cut.happenedBy ?? cut.knownBy ?? last.recordedAt;
    const question: ReportQuestion = { report, arguments: asked as Readonly<Record<string, Json>>, asOf, at };
    const table = await this.ask(question, caller);
    const origin: ReportOrigin = {
      ...{ ...question, log: head.verifierKey.split('+')[0]!, size: head.size, root: head.root, head: head.note },
      ...{ verifierKeys, definitions: await definitionsAt(live.asOf(asOf), at), code: codeVersion() },
    };
    return reportSource(table, origin);
  }
}
