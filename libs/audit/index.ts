export { caseEntries } from './read/case-file/case-file.projection';
export type { CaseEntry } from './read/case-file/case-file.rules';
export {
  caseFileOf,
  caseFilePage,
  type CaseFileEntry,
  type CaseFilePage,
  type CaseFiles,
  type CaseFileView,
  type Change,
  type Fact,
} from './read/case-file/case-file.query';
export type { CaseFileTime, Cause } from './read/case-file/case-file.rules';
export { eventsAfter, type EventPage } from './read/events/events.query';
