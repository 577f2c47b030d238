import { Module } from '@nestjs/common';
import { catalogueOf, type ContextParts } from '@baton/kernel';
import { caseFile } from './read/case-file/case-file.projection';
import { CaseFileResolver } from './read/case-file/case-file.resolver';
import { EventsResolver } from './read/events/events.resolver';

/** The parts of audit: its case file follows the events of all the other contexts. */
export const auditParts = (contexts: readonly ContextParts[]): ContextParts => ({
  name: 'audit',
  events: [],
  projections: [caseFile(catalogueOf(contexts.flatMap(({ events }) => events)))],
  policies: [],
  dueLists: [],
});

@Module({ providers: [CaseFileResolver, EventsResolver] })
export class AuditModule {}
