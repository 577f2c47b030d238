import { Global, Module } from '@nestjs/common';
import { DefinitionSource, Journal, type ContextParts } from '@baton/kernel';
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
      provide: DefinitionSource,
      useFactory: (journal: Journal) => new LogDefinitions(journal),
      inject: [Journal],
    },
    DefinitionHandler,
    DefinitionsResolver,
    mutationsOf(ToDefinition, definitionCommands),
  ],
  exports: [DefinitionSource],
})
export class DefinitionsModule {}
