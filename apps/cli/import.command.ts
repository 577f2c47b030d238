import { createHmac, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { once } from 'node:events';
import { BatonError, codeOf, Conflict, field, NotFound, Refused, type KeyStore } from '@baton/kernel';
import { findLead } from '@baton/leads';
import { isStoreAbsent } from '@baton/platform/data-folder';
import { latestRun, ToImport } from '@baton/platform/imports';
import { commandsByTarget, targets } from './import/aggregates';
import { importFile, type ImportResult } from './import/engine';
import { mappingOf, type Mapping } from './import/mapping';
import { OutageRetry } from './import/patience';
import { single, type Given } from './command';
import { count, countOf, fail, line, printJson, Progress, warn } from './output';
import { Session } from './session';
import { configOfTerminal, terminal } from './terminal';

/** Exit code of `sysexits.h` for a temporary failure: run the command again. */
const TRY_AGAIN = 75;
const OUTAGE_MINUTES = 15;

const readMapping = (path: string): Mapping => {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Refused('import/unreadable-mapping', `${basename(path)}: ${(error as Error).message}`, 'mapping');
  }
  return mappingOf(json, commandsByTarget);
};

/** Name of the secret in the key store that row ids are hashed with. */
const ROW_NAMES = 'import-rows';
/** The first version of the secret: row ids never change. */
const rowSecretOf = async (keys: KeyStore): Promise<Buffer> => (await keys.ensureSecrets(ROW_NAMES)).at(-1)!.value;

const importCommand = ({ name }: Mapping, type: 'StartImport' | 'FinishImport', data: object): ToImport => {
  const meta = { commandId: randomUUID(), actor: `import:${name}`, origin: 'connector' as const };
  return new ToImport(name, { type, data: { importId: name, ...data }, meta } as ToImport['command']);
};

/**
 * Starts a run of the mapping, or continues the latest one if file and mapping are the same. @returns the number of the
 * run
 */
const startRun = async (session: Session, mapping: Mapping, file: string, secret: Buffer): Promise<number> => {
  const hash = createHmac('sha256', secret).update(JSON.stringify(mapping));
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  await session.order(importCommand(mapping, 'StartImport', { file: hash.digest('hex') }));
  return latestRun(session.journal, mapping.name);
};

/** Runs in the terminal's store. A dry run creates no store: without one, it uses a temporary store. */
const inStore = async <T>(dryRun: boolean, work: (session: Session) => Promise<T>): Promise<T> => {
  const config = configOfTerminal();
  if (!dryRun || !isStoreAbsent(config)) return Session.use(work, { config, mayCreateStore: !dryRun });
  const dataDir = mkdtempSync(join(tmpdir(), 'baton-dry-run-'));
  try {
    return await Session.use(work, { config: { ...config, dataDir }, mayCreateStore: true, announces: false });
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
};

const options = {
  dryRun: field.flag('Map and validate every row; send nothing.', { optional: true }),
  report: field.text('File for rejected rows; by default <file>.report.ndjson in the current folder.', {
    optional: true,
  }),
  outageLimit: field.integer('How many minutes an outage may last before the import stops; 0 stops at once.', {
    ...{ default: OUTAGE_MINUTES, min: 0, max: 99_999 },
  }),
  json: field.flag('Print the result as JSON: rows, accepted, repeated, rejected, events.', { optional: true }),
} as const;
type Options = Given<typeof options>;

const importRows = async (mappingPath: string, file: string, options: Options): Promise<void> => {
  const { dryRun, report, json, outageLimit } = options;
  const mapping = readMapping(mappingPath);
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found?.isFile())
    throw new NotFound('import/no-file', `${basename(file)} is not a file; give the path of a CSV file.`, 'file');
  const { size } = found;
  const path = report ?? `${basename(file)}.report.ndjson`;
  rmSync(path, { force: true }); // a report of an earlier run
  const result = await inStore(dryRun ?? false, async (session) => {
    const progress = new Progress('import', 'bytes', size);
    const faults = new FaultReport(path);
    const patience = new OutageRetry(outageLimit, warn);
    const secret = await patience.through(() => rowSecretOf(session.keys));
    if (!dryRun) await patience.through(() => session.follow({ history: true }));
    let run = 0;
    const begun = session.clock.now(); // from here on, obligations that fall due are not backfill
    let done = 0;
    const stopped = (error: unknown): never => {
      if (codeOf(error) !== 'import/outage') throw error;
      const place = `${countOf(done, 'row is', 'rows are')} done; the outage rejected none of them.`;
      const { message } = error as BatonError;
      throw new Conflict('import/outage', `${message} ${place} Run the same import again to continue there.`);
    };
    const imported = await importFile({
      mapping,
      file,
      aggregates: commandsByTarget,
      secret,
      startRun: async () => (run = await patience.through(() => startRun(session, mapping, file, secret))),
      dryRun: dryRun ?? false,
      clock: session.clock,
      send: (to, id, command) => patience.through(() => session.send(new targets[to]!.to(id, command))),
      lookup: (_, by, value) => patience.through(() => findLead(session.journal, session.keys, { [by]: value })),
      settle: () => patience.through(() => session.settle()),
      report: (fault) => faults.report(fault),
      onProgress: ({ rows, bytes }) => {
        done = rows;
        progress.at(bytes, size);
      },
    })
      .catch(stopped)
      .finally(() => faults.close());
    progress.done();
    if (!dryRun) {
      await patience.through(() => session.finishHistory(begun)).catch(stopped);
      await patience.through(() => session.send(importCommand(mapping, 'FinishImport', { run, ...imported })));
      await patience.through(() => session.catchUp()); // who asks after this command sees the run as finished
    }
    if (faults.rejectedRows > 0)
      warn(`${countOf(faults.rejectedRows, 'rejected row is', 'rejected rows are')} listed in ${faults.path}`);
    return imported;
  });
  if (json) printJson(result);
  else line(summary(result, dryRun ?? false));
  if (result.rejected > 0) terminal().exitCode = 1;
};

const summary = ({ rows, accepted, repeated, rejected, events }: ImportResult, dryRun: boolean): string =>
  `${countOf(rows, 'row')}: ${count(accepted)} ${dryRun ? 'acceptable' : 'accepted'}, ${count(repeated)} repeated, ${count(rejected)} rejected; ${countOf(events, 'new event')}`;

/** The rejected rows of an import as NDJSON; the file is created with the first of them. */
class FaultReport {
  private stream: ReturnType<typeof createWriteStream> | undefined;
  rejectedRows = 0;

  constructor(readonly path: string) {}

  async report(fault: object): Promise<void> {
    this.stream ??= createWriteStream(this.path);
    this.rejectedRows++;
    if (!this.stream.write(`${JSON.stringify(fault)}\n`)) await once(this.stream, 'drain');
  }

  async close(): Promise<void> {
    if (!this.stream) return;
    this.stream.end();
    await once(this.stream, 'close');
  }
}

export const command = single({
  words: { 'mapping.json': 'how rows become commands', 'file.csv': 'the rows' },
  options,
  example: 'examples/mappings/olist-leads.json leads.csv --dry-run',
  run: async ([mapping, file], given) => {
    try {
      await importRows(mapping!, file!, given);
    } catch (error) {
      fail(error as Error);
      if (codeOf(error) === 'import/outage') terminal().exitCode = TRY_AGAIN;
      else if (error instanceof BatonError) terminal().exitCode = 2; // 1: rows were rejected
    }
  },
});
