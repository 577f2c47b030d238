import type { Fields } from '@baton/kernel';
import type { PersonalReads } from '@baton/platform/access';
import type { ReadModels } from '@baton/platform/documents';
import type { ReportContext, ReportSources } from '@baton/platform/report';

/** What questions of the command line are answered from. */
export interface Sources extends Omit<ReportSources, 'runner' | 'senders'> {
  /** As of now. */
  readonly live: ReadModels;
  /** What is shown of people on this machine, and recorded; `reason`: why. */
  readonly readsFor: (operation: string, reason?: string) => PersonalReads;
}

/** How one report differs on the command line. */
export interface View {
  /** Arguments beside the declared ones, or instead of them. */
  readonly arguments?: (declared: Fields) => Fields;
  /** Asks more than the report does. */
  readonly ask?: (question: never, context: ReportContext) => Promise<unknown>;
  /** The answer as JSON, where it is another than the printed one. */
  readonly json?: (answer: never) => unknown;
  /** As JSON the answer of the query itself, where it is not the declared one. */
  readonly exact?: (question: never, context: ReportContext) => Promise<unknown>;
  /** How it is printed, where a plain table does not serve. */
  readonly print?: (answer: never, question: never) => void;
}
