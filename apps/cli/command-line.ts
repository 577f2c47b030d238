import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { CommandFactory, CommandRunnerService } from 'nest-commander';
import { toRefusal, withActions, type Command } from './actions';
import { AttributionCommand } from './attribution.command';
import { BackupCommand } from './backup.command';
import { CaseFileCommand } from './case-file.command';
import { CopyLogCommand } from './copy-log.command';
import { CounterfactualCommand } from './counterfactual.command';
import { DefinitionsCommand } from './definitions.command';
import { DemoCommand } from './demo.command';
import { EventsCommand } from './events.command';
import { ExportCommand } from './export.command';
import { ImportCommand } from './import.command';
import { KeysCommand } from './keys.command';
import { OutboxCommand } from './outbox.command';
import { fail, print, warn } from './output';
import { ParkedCommand } from './parked.command';
import { ProofCommand } from './proof.command';
import { RebuildCommand } from './rebuild.command';
import { ReportCommand } from './report.command';
import { RestoreCommand } from './restore.command';
import { StartCommand } from './start.command';
import { StatusCommand } from './status.command';
import { terminal } from './terminal';
import { VerifyCommand } from './verify.command';

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
    ProofCommand,
    ExportCommand,
    VerifyCommand,
    DefinitionsCommand,
    CounterfactualCommand,
    BackupCommand,
    RestoreCommand,
    CopyLogCommand,
  ],
})
class CliModule {}

/**
 * Runs one command line on the current terminal. Never throws: a failure is printed on the terminal's standard error.
 * @param args what the user wrote after `baton`
 * @returns the exit code: 0 for success, 1 for a refusal or a negative answer, 2 for an internal error
 */
export const runCommandLine = async (args: readonly string[]): Promise<number> => {
  try {
    // Ends parsing with a refusal; commander itself would end the process.
    const stopParsing =
      (command: () => Command) =>
      (error: Error): never => {
        throw toRefusal(error, command(), args[1]);
      };
    const app = await CommandFactory.createWithoutRunning(CliModule, {
      logger: ['error', 'fatal'],
      cliName: 'baton',
      errorHandler: stopParsing(() => app.get(CommandRunnerService)['commander']),
      serviceErrorHandler: fail,
      outputConfiguration: {
        writeOut: print,
        writeErr: (text) => warn(text.trimEnd()),
        outputError: () => undefined, // the refusal is printed instead
      },
    });
    const runner = app.get(CommandRunnerService);
    // commander passes the error handler to the program only, not to its commands.
    for (const command of runner['commander'].commands) {
      command.exitOverride(stopParsing(() => command));
      withActions(command, args[1]);
    }
    await runner.run(['node', 'baton', ...args]);
    await app.close();
  } catch (error) {
    fail(error as Error);
  }
  return terminal().exitCode;
};
