import { aggregate, DecisionContext, Journal, KeyStore, type ContextParts } from '@baton/kernel';
import { eraseDealNotes } from './policies/deal-notes.policy';
import { completeErasures } from './policies/erasures.policy';
import { consents } from './read/consents/consents.read-model';
import { erasurePreviewReport } from './read/preview/erasure-preview.report';
import { privacyRecords } from './read/records/privacy-records.read-model';
import { dealNotesDecider } from './write/deal-notes/deal-notes.decider';
import { ToDealNotes } from './write/deal-notes/deal-notes.events';
import { DealNotesHandler } from './write/deal-notes/deal-notes.handler';
import { consentCheck } from './write/person/consent-check';
import { personDecider } from './write/person/person.decider';
import { ToPrivacy } from './write/person/person.events';
import { PersonHandler } from './write/person/person.handler';

export const privacyParts: ContextParts = {
  name: 'privacy',
  aggregates: [
    aggregate(ToPrivacy, personDecider, {
      handler: (get) => new PersonHandler(get(Journal), get(DecisionContext), get(KeyStore)),
    }),
    aggregate(ToDealNotes, dealNotesDecider, {
      handler: (get) => new DealNotesHandler(get(Journal), get(DecisionContext), get(KeyStore)),
    }),
  ],
  projections: [privacyRecords, consents],
  policies: [completeErasures, eraseDealNotes],
  reports: [erasurePreviewReport],
  beforeSending: consentCheck,
};
