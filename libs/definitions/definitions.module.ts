import { Global, Module, type BeforeApplicationShutdown } from '@nestjs/common';
import { DefinitionSource, EventLog, Journal, type ContextParts } from '@baton/kernel';
import { mutationsOf } from '@baton/platform/graphql';
import { definitions } from './read/definitions/definitions.projection';
import { DefinitionsResolver } from './read/definitions/definitions.resolver';
import { definitionCommands, definitionEvents, ToDefinition } from './write/definition/definition.events';
import { DefinitionHandler } from './write/definition/definition.handler';
import { LogDefinitions } from './write/definition/log-definitions';

export const definitionsParts: ContextParts = {
  name: 'definitions',
  events: [definitionEvents],
  projections: [definitions],
  policies: [],
  dueLists: [],
};

/** Global, because every decision asks which definitions are in force. */
@Global()
@Module({
  providers: [
    {
      provide: LogDefinitions,
      useFactory: (journal: Journal, log: EventLog) => new LogDefinitions(journal, log),
      inject: [Journal, EventLog],
    },
    { provide: DefinitionSource, useExisting: LogDefinitions },
    DefinitionHandler,
    DefinitionsResolver,
    mutationsOf(ToDefinition, definitionCommands),
  ],
  exports: [DefinitionSource],
})
export class DefinitionsModule implements BeforeApplicationShutdown {
  constructor(private readonly definitions: LogDefinitions) {}

  /** Before the log is closed. */
  beforeApplicationShutdown(): Promise<void> {
    return this.definitions.close();
  }
}
