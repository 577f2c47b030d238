export { accessMatrix } from './read/access-matrix/access-matrix.projection';
export { declaredAccess, operationsOf, type DeclaredOperation } from './read/access-matrix/declared-access';
export { caseEntries } from './read/case-file/case-file.projection';
export type { CaseEntry } from './read/case-file/case-file.rules';
export {
  caseFileOf,
  type CaseFileEntry,
  type CaseFiles,
  type CaseFileView,
  type Change,
  type Fact,
  openCaseFile,
} from './read/case-file/case-file.query';
export { caseFileTimes, type CaseFileTime, type Cause } from './read/case-file/case-file.rules';
export { eventsAfter, type EventPage } from './read/events/events.query';
export { type HeadDocument, logHeads } from './read/proof/log-heads.read-model';
export { logTree } from './read/proof/log-tree.projection';
export { LogTree } from './read/proof/log-tree.query';
export { proveConsistency, proveEvent } from './read/proof/proof.report';
export { exportParts, exportToFile, unfinishedPlan, type ExportPart } from './read/export/export-file';
export { encoderFor } from './read/export/encoders';
export {
  argumentsOf,
  exportableReports,
  reportSource,
  tableOfReport,
  type ReportExportHeader,
  type ReportOrigin,
  type ReportQuestion,
  type ReportTable,
} from './read/export/report-source';
export {
  exportable,
  logSource,
  readModelNamed,
  readModelSource,
  type ExportSource,
} from './read/export/export-sources';
export {
  checkGrant,
  checkLogFilter,
  exportFormats,
  exportRoles,
  grantRoles,
  isUnfiltered,
  type ExportFormat,
  type LogExportLine,
  type LogFilter,
} from './read/export/export.rules';
export {
  linesOfFile,
  verifyFile,
  verifyLogExport,
  verifyProof,
  type Trust,
  type Verified,
} from './read/export/verify-export';
export { headText, openNote, signNote, type LogHead } from './read/proof/note';
export { leadsSeen, sightingsOf, type Sighting } from './read/who-saw/who-saw.query';
