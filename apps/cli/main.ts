import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { CommandFactory } from 'nest-commander';
import { AttributionCommand } from './attribution.command';
import { BackupCommand } from './backup.command';
import { CaseFileCommand } from './case-file.command';
import { CopyLogCommand } from './copy-log.command';
import { CounterfactualCommand } from './counterfactual.command';
import { DefinitionsCommand } from './definitions.command';
import { DemoCommand } from './demo.command';
import { EventsCommand } from './events.command';
import { ImportCommand } from './import.command';
import { KeysCommand } from './keys.command';
import { OutboxCommand } from './outbox.command';
import { fail } from './output';
import { ParkedCommand } from './parked.command';
import { RebuildCommand } from './rebuild.command';
import { ReportCommand } from './report.command';
import { RestoreCommand } from './restore.command';
import { StartCommand } from './start.command';
import { StatusCommand } from './status.command';

@Module({
  providers: [
    StartCommand,
    DemoCommand,
    ImportCommand,
    EventsCommand,
    CaseFileCommand,
    ReportCommand,
    AttributionCommand,
    RebuildCommand,
    StatusCommand,
    ParkedCommand,
    OutboxCommand,
    KeysCommand,
    DefinitionsCommand,
    CounterfactualCommand,
    BackupCommand,
    RestoreCommand,
    CopyLogCommand,
  ],
})
class CliModule {}

const main = async (): Promise<void> => {
  try {
    await CommandFactory.run(CliModule, {
      logger: ['error', 'fatal'],
      cliName: 'baton',
      errorHandler: fail,
      serviceErrorHandler: fail,
    });
  } catch (error) {
    fail(error as Error);
  }
};

void main();
