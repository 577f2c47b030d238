import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { Refused } from '@baton/kernel';
import { BATCH, batchesOf, encoderFor, type EncoderState } from './encoders';
import type { ExportSource } from './export-sources';
import type { ExportFormat } from './export.rules';

/** Bytes of an export, and where to go on behind them. */
export interface ExportPart {
  readonly bytes: Uint8Array;
  /** Rows so far. */
  readonly rows: number;
  /** What a filter left out counts too. */
  readonly looked: number;
  readonly cursor: string | undefined;
  readonly state: EncoderState;
  /** The end, behind which nothing is gone on with. */
  readonly last: boolean;
}
interface Progress {
  readonly rows: number;
  readonly cursor: string | undefined;
  readonly state: EncoderState;
  /** Of the bytes before. */
  readonly hash: Hash;
}

/** An export as parts, each made when the one before was taken. */
export async function* exportParts(
  source: ExportSource,
  format: ExportFormat,
  from?: Progress,
  batchRows = BATCH,
): AsyncGenerator<ExportPart> {
  const encoder = encoderFor(format, source, from?.state);
  const hash = from?.hash ?? createHash('sha256');
  let [rows, cursor] = [from?.rows ?? 0, from?.cursor];
  const part = (bytes: Uint8Array, looked: number, last = false): ExportPart => {
    hash.update(bytes);
    return { bytes, rows, looked, cursor, last, state: encoder.state() };
  };
  if (!from) yield part(encoder.begin(), 0);
  for await (const batch of batchesOf(source, cursor, batchRows)) {
    rows += batch.rows.length;
    cursor = batch.rows.at(-1)!.cursor;
    yield part(encoder.rows(batch.rows), batch.looked);
  }
  yield part(encoder.end(rows, hash.copy().digest('hex')), source.total, true);
}

/** What is kept beside an unfinished file. */
interface Unfinished {
  /** What is exported, in what form: only the same is gone on with. */
  readonly plan: object;
  readonly bytes: number;
  readonly rows: number;
  readonly cursor?: string;
  readonly state: EncoderState;
}

const readUnfinished = async (path: string): Promise<Unfinished | undefined> => {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Unfinished;
  } catch {
    return undefined; // there is none, or the process ended while it was written: the export begins anew
  }
};
const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** The plan of an unfinished export to a file; undefined if there is none. */
export const unfinishedPlan = async (path: string): Promise<object | undefined> =>
  (await readUnfinished(`${path}.part.json`))?.plan;

/**
 * Writes an export to a file. It is written as `<path>.part` with its place in `<path>.part.json`, and named when it is
 * complete; the same export goes on where it was stopped, and then has the same bytes.
 * @param plan says what is exported
 * @param options `onPart`: called after each part; `batchRows`: see `BATCH`
 * @returns the rows, and how many of them were there already
 * @throws Refused `export/file-exists`, `export/other-export`
 */
export const exportToFile = async (
  source: ExportSource,
  format: ExportFormat,
  path: string,
  plan: object,
  { onPart, batchRows }: { readonly onPart?: (part: ExportPart) => void; readonly batchRows?: number } = {},
): Promise<{ readonly rows: number; readonly resumed: number }> => {
  const [draft, place] = [`${path}.part`, `${path}.part.json`];
  if (await exists(path)) throw new Refused('export/file-exists', `${path} exists already; give another name.`, 'out');
  const unfinished = (await exists(draft)) ? await readUnfinished(place) : undefined;
  if (unfinished && JSON.stringify(unfinished.plan) !== JSON.stringify(plan))
    throw new Refused(
      'export/other-export',
      `${draft} is another unfinished export; finish it with the same options, or remove it and ${place}.`,
      'out',
    );
  const hash = createHash('sha256');
  const file = await open(draft, unfinished ? 'r+' : 'w', 0o600);
  let bytes = unfinished?.bytes ?? 0;
  const resumed = unfinished?.rows ?? 0;
  let rows = resumed;
  try {
    if (unfinished) {
      await file.truncate(bytes);
      if (bytes > 0)
        for await (const chunk of createReadStream(draft, { end: bytes - 1 })) hash.update(chunk as Buffer);
    }
    const from = unfinished && { ...unfinished, cursor: unfinished.cursor, hash };
    for await (const part of exportParts(source, format, from, batchRows)) {
      await file.write(part.bytes, 0, part.bytes.length, bytes);
      await file.sync();
      bytes += part.bytes.length;
      rows = part.rows;
      const { cursor, state, last } = part;
      const now: Unfinished = { plan, bytes, rows, ...(cursor !== undefined && { cursor }), state };
      // Behind the end there is nothing to go on with: it is made again.
      if (!last) {
        await writeFile(`${place}.new`, JSON.stringify(now), { mode: 0o600 });
        await rename(`${place}.new`, place);
      }
      onPart?.(part);
    }
  } finally {
    await file.close();
  }
  await rename(draft, path);
  await rm(place, { force: true });
  return { rows, resumed };
};
