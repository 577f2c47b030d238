import { Module } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DecisionContext, handle, Journal, type ContextParts } from '@baton/kernel';
import { importDecider } from './import.decider';
import { importEvents, ToImport } from './import.events';
import { imports } from './imports.projection';
import { ImportsResolver } from './imports.resolver';

@CommandHandler(ToImport)
class ImportHandler implements ICommandHandler<ToImport> {
  constructor(
    private readonly journal: Journal,
    private readonly context: DecisionContext,
  ) {}
  execute({ id, command }: ToImport) {
    return handle(this.journal, importDecider, id, command, this.context);
  }
}

export const importsParts: ContextParts = {
  name: 'imports',
  events: [importEvents],
  projections: [imports],
  policies: [],
  dueLists: [],
};

/** Which files were imported, and what came of them. */
@Module({ providers: [ImportHandler, ImportsResolver] })
export class ImportsModule {}
