import { createWriteStream, readFileSync, rmSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { once } from 'node:events';
import { Command, CommandRunner, Help, Option } from 'nest-commander';
import { BatonError, Refused } from '@baton/kernel';
import { findLead } from '@baton/leads';
import { aggregates, targets } from './import/aggregates';
import { importFile, type ImportResult } from './import/engine';
import { mappingOf, type Mapping } from './import/mapping';
import { fail, line, printJson, Progress, warn } from './output';
import { Session } from './session';
import { terminal } from './terminal';

interface Options {
  dryRun?: boolean;
  report?: string;
  json?: boolean;
}

const readMapping = (path: string): Mapping => {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Refused('import/unreadable-mapping', `${basename(path)}: ${(error as Error).message}`, 'mapping');
  }
  return mappingOf(json, aggregates);
};

/** The named secret of the key store under which rows are named. */
const ROW_NAMES = 'import-rows';

@Command({
  name: 'import',
  arguments: '<mapping.json> <file.csv>',
  description: 'Turn each row of a CSV file into commands. The same file again adds nothing.',
})
export class ImportCommand extends CommandRunner {
  async run([mapping, file]: string[], options: Options): Promise<void> {
    try {
      await this.import(mapping!, file!, options);
    } catch (error) {
      fail(error as Error);
      if (error instanceof BatonError) terminal().exitCode = 2; // 1 says that rows were rejected
    }
  }

  private async import(mappingPath: string, file: string, { dryRun, report, json }: Options): Promise<void> {
    const mapping = readMapping(mappingPath);
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    const path = report ?? `${basename(file)}.report.ndjson`;
    rmSync(path, { force: true }); // it would speak of an earlier run
    const result = await Session.use(async (session) => {
      const progress = new Progress('import', size);
      const faults = new FaultReport(path);
      let last = '';
      await session.keys.secret(ROW_NAMES); // made at first use
      const secret = (await session.keys.secrets(ROW_NAMES)).at(-1)!.value; // the first one: names never change
      const imported = await importFile({
        mapping,
        file,
        aggregates,
        secret,
        dryRun: dryRun ?? false,
        send: (to, id, command) => {
          if ((command.meta.occurredAt ?? '') > last) last = command.meta.occurredAt!;
          return session.send(new targets[to]!.to(id, command));
        },
        clock: session.clock,
        lookup: (_, by, value) => findLead(session.journal, session.keys, { [by]: value }),
        settle: () => session.settle(),
        report: (fault) => faults.tell(fault),
        onProgress: ({ bytes }) => progress.at(bytes, size),
      }).finally(() => faults.close());
      progress.done();
      if (!dryRun) await session.finishHistory(last);
      if (faults.told > 0) warn(`${faults.told} rejected rows are listed in ${faults.path}`);
      return imported;
    });
    if (json) printJson(result);
    else line(summary(result, dryRun ?? false));
    if (result.rejected > 0) terminal().exitCode = 1;
  }

  @Option({ flags: '--dry-run', description: 'Map and check every row, send nothing.' })
  dryRun() {
    return true;
  }
  @Option({ flags: '--report <file>', description: 'Where rejected rows are listed; by default beside you.' })
  report(value: string) {
    return value;
  }
  @Option({ flags: '--json', description: 'Answer as JSON: rows, accepted, repeated, rejected, events.' })
  json() {
    return true;
  }
  @Help('after')
  example() {
    return '\nExample: baton import examples/mappings/olist-leads.json leads.csv --dry-run';
  }
}

const summary = ({ rows, accepted, repeated, rejected, events }: ImportResult, dryRun: boolean): string =>
  `${rows} rows: ${accepted} ${dryRun ? 'acceptable' : 'accepted'}, ${repeated} repeated, ${rejected} rejected; ${events} new events`;

/** The rejected rows of an import as NDJSON; the file appears with the first of them. */
class FaultReport {
  private stream: ReturnType<typeof createWriteStream> | undefined;
  told = 0;

  constructor(readonly path: string) {}

  async tell(fault: object): Promise<void> {
    this.stream ??= createWriteStream(this.path);
    this.told++;
    if (!this.stream.write(`${JSON.stringify(fault)}\n`)) await once(this.stream, 'drain');
  }

  async close(): Promise<void> {
    if (!this.stream) return;
    this.stream.end();
    await once(this.stream, 'close');
  }
}
