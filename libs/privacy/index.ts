export {
  erasureReasons,
  personCommands,
  personEvents,
  ToPrivacy,
  type ErasureReason,
  type PersonCommand,
  type PersonEvent,
} from './write/person/person.events';
export { erasurePreview, type ErasurePreview } from './read/preview/erasure-preview.report';
export { consents, type ConsentDocument } from './read/consents/consents.read-model';
export { privacyRecords, type PrivacyRecord } from './read/records/privacy-records.read-model';
export { subjectAccess, type SubjectAccess } from './read/subject-access/subject-access.query';
export { subjectAccessPage } from './read/subject-access/subject-access-page';
export { personDecider } from './write/person/person.decider';
export { dealNotesEvents, ToDealNotes, type DealNotesEvent } from './write/deal-notes/deal-notes.events';
