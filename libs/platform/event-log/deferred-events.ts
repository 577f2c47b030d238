import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { EventToAppend } from '@baton/kernel';
import { storedMeta } from './stored-meta';

const SYNC_MS = 100; // how late records are on the disk

/** An event as the file has it. */
export interface DeferredEvent {
  readonly stream: string;
  readonly id: string;
  readonly type: string;
  readonly data: string;
  readonly meta: string;
}
/** What was deferred when the file was taken. */
export interface TakenEvents {
  readonly events: readonly DeferredEvent[];
  /** Records of which only a part was written. */
  readonly unreadable: number;
  /** Removes the files once the log is on the disk; called when the events are in it. */
  readonly remove: () => void;
}

/** A record of the file: one line, because JSON has no line breaks and no tabs. */
export const textOf = (stream: string, { id, type, data, meta }: EventToAppend): string =>
  `${JSON.stringify([stream, id, type])}\t${JSON.stringify(data)}\t${storedMeta(meta)}`;

const eventOf = (line: string): DeferredEvent | undefined => {
  const [place = '', data = '', meta = ''] = line.split('\t');
  try {
    const [stream, id, type] = JSON.parse(place) as readonly [string, string, string];
    JSON.parse(data);
    JSON.parse(meta);
    return { stream, id, type, data, meta };
  } catch {
    return undefined; // the process was killed while it wrote
  }
};

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/**
 * Events that wait beside the log for their place in it: a file to which every process of the data folder adds lines. A
 * line is kept by the system once it is written, whatever becomes of the process, and is on the disk within a tenth of a
 * second.
 *
 * Any process may take the file, at any time and without a lock: it gives it a name of its own first, and whoever finds
 * after a write that the file has another name now writes once more. So no line is lost, some events are there twice, and
 * the log takes each id once.
 */
export class DeferredEvents {
  private file: { readonly handle: number; readonly inode: number } | undefined;
  private syncTimer: NodeJS.Timeout | undefined;
  /** Files whose events are in the log, though perhaps not on the disk. */
  private readonly appended = new Set<string>();

  /** @param log the file that has to be on the disk before what was appended from here is removed */
  constructor(
    private readonly path: string,
    private readonly log: string,
  ) {}

  /** Writes records, see `textOf`. @throws if they could not be written; a part of them may be there */
  write(texts: readonly string[]): void {
    // Each record begins with the end of the line before, which a killed process may have left open.
    const text = `\n${texts.join('\n')}`;
    for (let written = false; !written;) {
      const { handle, inode } = (this.file ??= this.open());
      if (writeSync(handle, text) < Buffer.byteLength(text)) throw new Error('the disk is full');
      written = statSync(this.path, { throwIfNoEntry: false })?.ino === inode;
      if (!written) this.closeFile();
    }
    this.syncTimer ??= setTimeout(() => {
      this.syncTimer = undefined;
      void synced(this.path);
    }, SYNC_MS).unref();
  }

  /** Everything that is deferred, also by other processes, and by some that took it and were killed. */
  take(): TakenEvents {
    this.closeFile();
    const [folder, name] = [dirname(this.path), basename(this.path)];
    try {
      renameSync(this.path, `${this.path}.${randomUUID()}`);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    const paths = readdirSync(folder)
      .filter((file) => file.startsWith(`${name}.`))
      .map((file) => join(folder, file))
      .filter((path) => !this.appended.has(path));
    const lines = paths.flatMap(linesOf);
    const events = lines.map(eventOf).filter((event) => event !== undefined);
    const remove = () => {
      for (const path of paths) this.appended.add(path);
      if (paths.length > 0) void this.removeLater(paths);
    };
    return { events, unreadable: lines.length - events.length, remove };
  }

  /** Ends with nothing left to remove. */
  close(): void {
    this.closeFile();
    if (this.appended.size === 0) return;
    const file = openSync(this.log, 'r');
    try {
      fdatasyncSync(file);
    } finally {
      closeSync(file);
    }
    this.remove([...this.appended]);
  }

  private open() {
    const handle = openSync(this.path, 'a', 0o600);
    return { handle, inode: fstatSync(handle).ino };
  }

  private closeFile(): void {
    clearTimeout(this.syncTimer);
    this.syncTimer = undefined;
    if (this.file) closeSync(this.file.handle);
    this.file = undefined;
  }

  private async removeLater(paths: readonly string[]): Promise<void> {
    if (await synced(this.log)) this.remove(paths); // what is left is looked through again by who opens the log next
  }

  private remove(paths: readonly string[]): void {
    for (const path of paths) {
      rmSync(path, { force: true });
      this.appended.delete(path);
    }
  }
}

/** Waits until a file is on the disk. @returns false if it could not be, or is gone */
const synced = async (path: string): Promise<boolean> => {
  try {
    const file = await open(path, 'r');
    await file.datasync().finally(() => file.close());
    return true;
  } catch {
    return false;
  }
};

const linesOf = (path: string): readonly string[] => {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch (error) {
    if (isMissing(error)) return []; // another process has taken it, and its events are in the log
    throw error;
  }
};
