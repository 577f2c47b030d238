import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fdatasync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import type { EventToAppend } from '@baton/kernel';
import { isCrashedLocalProcess } from '../crashed-process';
import { metaOf, storedMeta } from './stored-meta';

/** How late records are on the disk. */
const SYNC_MS = 100;
/** How long a file of a process that nobody here knows stays unchanged until it is taken for ended. */
const ABANDONED_MS = 24 * 3_600_000;
/**
 * Characters of records that are also kept in memory, so that they need not be read again to be taken. As texts: the objects
 * would be most of what a garbage collection has to go through.
 */
const KEPT_CHARACTERS = 8 * 1024 * 1024;
/**
 * The files of this process. Another one with its name was left by a process before it: in a container each may have the
 * same host and number.
 */
const openHere = new Set<string>();

/** An event as the file has it. */
export interface DeferredEvent extends EventToAppend {
  readonly stream: string;
}
interface KeptText {
  readonly parts: string[];
  characters: number;
}
/** A file as it was when it was taken. */
export interface DeferredFile {
  readonly events: readonly DeferredEvent[];
  /** Nothing is added any more: only then all its events can be merged. */
  readonly isComplete: boolean;
}
/** What was deferred when the files were taken. */
export interface TakenEvents {
  readonly files: readonly DeferredFile[];
  /** Records of which only a part was written. */
  readonly unreadable: number;
  /** Removes the files once the log is on the disk; called when the events are in it. */
  readonly remove: () => void;
}

/** A record of the file: one line, because JSON has no line breaks and no tabs. */
const textOf = ({ stream, id, type, data, meta }: DeferredEvent): string =>
  `${JSON.stringify([stream, id, type])}\t${JSON.stringify(data)}\t${storedMeta(meta)}`;

const eventOf = (line: string): DeferredEvent | undefined => {
  const [place = '', data = '', meta = ''] = line.split('\t');
  try {
    const [stream, id, type] = JSON.parse(place) as readonly [string, string, string];
    return { stream, id, type, data: JSON.parse(data) as object, meta: metaOf(meta) };
  } catch {
    return undefined; // the process was killed while it wrote
  }
};

/**
 * Events that wait beside the log for their place in it, in files of the process that deferred them. A record is kept by
 * the system once it is written, whatever becomes of the process, and is on the disk within a tenth of a second.
 *
 * A process that opens the log takes the files of all others, too, and again for whoever must not miss any. It removes only
 * those of processes that have ended: one that runs goes on with its file. What is taken is complete when no process can
 * add to it: those files are never written to again, and whoever reads them later finds the same.
 */
export class DeferredEvents {
  private file: { readonly handle: number; readonly path: string } | undefined;
  private syncTimer: NodeJS.Timeout | undefined;
  /** The files of this process, with what was written to each; undefined if that has to be read. */
  private readonly own = new Map<string, KeptText | undefined>();
  /** Files whose events are not in the log yet. */
  private readonly waiting = new Set<string>();
  /** Files whose events are in the log, though perhaps not on the disk. */
  private readonly appended = new Set<string>();

  /**
   * @param folder of the files; created when there is something to defer
   * @param log the file that has to be on the disk before what was appended from here is removed
   */
  constructor(
    private readonly folder: string,
    private readonly log: string,
  ) {
    this.findFiles();
  }

  /** Has what others have deferred meanwhile taken too, also of those that have crashed since. */
  findFiles(): void {
    if (!existsSync(this.folder)) return;
    const paths = readdirSync(this.folder).map((name) => join(this.folder, name));
    for (const path of paths) if (!this.appended.has(path)) this.waiting.add(path);
  }

  /** Writes a record of each event. @throws if they could not be written; a part of them may be there */
  write(events: readonly DeferredEvent[]): void {
    const text = `\n${events.map(textOf).join('\n')}`; // behind the end of a line that could not be written completely
    const { handle, path } = (this.file ??= this.create());
    const kept = this.own.get(path);
    this.own.set(path, undefined);
    if (writeSync(handle, text) < Buffer.byteLength(text)) throw new Error('the disk is full');
    if (kept && kept.characters + text.length <= KEPT_CHARACTERS) {
      kept.parts.push(text);
      kept.characters += text.length;
      this.own.set(path, kept);
    }
    this.syncTimer ??= setTimeout(() => {
      this.syncTimer = undefined;
      if (this.file) fdatasync(this.file.handle, () => undefined); // the next commit reports a fault of the disk
    }, SYNC_MS).unref();
  }

  /** Whether there is anything to take. */
  get isWaiting(): boolean {
    return this.waiting.size > 0;
  }

  /**
   * Everything that is not in the log yet: what this process has deferred, and what others had when their files were
   * found. Call it in the transaction that appends it: another process then has appended what it took before, or finds it
   * in the log.
   */
  take(): TakenEvents {
    this.closeFile();
    const files: DeferredFile[] = [];
    const done: string[] = [];
    let unreadable = 0;
    for (const path of this.waiting) {
      const isComplete = this.own.has(path) || hasEnded(path);
      const lines = linesOf(this.own.get(path)?.parts.join('') ?? textIn(path));
      const events = lines.map(eventOf).filter((event) => event !== undefined);
      files.push({ events, isComplete });
      if (!isComplete) continue; // its process may be writing the last line now
      done.push(path);
      unreadable += lines.length - events.length;
    }
    const remove = () => {
      this.waiting.clear();
      for (const path of done) this.appended.add(path);
      if (done.length > 0) void this.removeAppended(done);
    };
    return { files, unreadable, remove };
  }

  /** Removes what is to be removed, see `removeAppended`. */
  close(): void {
    this.closeFile();
    for (const path of this.own.keys()) openHere.delete(path);
    if (this.appended.size === 0) return;
    try {
      const log = openSync(this.log, 'r');
      try {
        fdatasyncSync(log);
      } finally {
        closeSync(log);
      }
      this.remove([...this.appended]);
    } catch {
      // As below.
    }
  }

  private create() {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const path = join(this.folder, `${hostname()}.${process.pid}.${randomUUID().slice(0, 8)}`);
    const handle = openSync(path, 'ax', 0o600);
    this.own.set(path, { parts: [], characters: 0 });
    openHere.add(path);
    this.waiting.add(path);
    return { handle, path };
  }

  private closeFile(): void {
    clearTimeout(this.syncTimer);
    this.syncTimer = undefined;
    if (this.file) closeSync(this.file.handle);
    this.file = undefined;
  }

  /** Once the log is on the disk. A file that stays is looked through again by whoever opens the log next. */
  private async removeAppended(paths: readonly string[]): Promise<void> {
    try {
      const log = await open(this.log, 'r');
      await log.datasync().finally(() => log.close());
      this.remove(paths);
    } catch {
      // Its events are in the log, and the next commit reports what is wrong with the disk.
    }
  }

  private remove(paths: readonly string[]): void {
    for (const path of paths) {
      rmSync(path, { force: true });
      this.appended.delete(path);
      this.own.delete(path);
      openHere.delete(path);
    }
  }
}

/** Whether no process writes to a file any more: its own has ended, or has not written for a day on another machine. */
const hasEnded = (path: string): boolean => {
  const [, host = '', pid = ''] = /^(.*)\.(\d+)\.\w+$/.exec(basename(path)) ?? [];
  if (host === hostname() && Number(pid) === process.pid) return !openHere.has(path);
  if (isCrashedLocalProcess(`${host}:${pid}`)) return true;
  const found = statSync(path, { throwIfNoEntry: false });
  return !found || Date.now() - found.mtimeMs > ABANDONED_MS;
};

const linesOf = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

const textIn = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''; // its events are in the log meanwhile
    throw error;
  }
};
