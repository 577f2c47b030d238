import { statSync, utimesSync, watch, type FSWatcher } from 'node:fs';

const POLL_MS = 20;
/** A commit is visible some time after its bytes are in the file. */
const ACTIVE_MS = 1_000;
/** Not every file system reports changes: where none has been reported yet, not even our own, it is looked more often. */
const QUIET_MS = { unproven: 1_000, proven: 10_000 } as const;

/** Makes a change that changes nothing, so that a watch which is told of it is known to work. */
const touch = (path: string): void => {
  const { atime, mtime } = statSync(path);
  utimesSync(path, atime, mtime);
};

/** A running watch. */
export interface CommitWatch {
  /** Whether somebody waits for a commit: only then the watch keeps the process running. */
  readonly setAwaited: (awaited: boolean) => void;
  readonly end: () => void;
}

/**
 * Looks whenever another process may have committed to a SQLite file in WAL mode: often when the file has changed, less
 * often the longer ago that is, and every ten seconds when it does not change.
 * @param path of the database file; `:memory:` has no other process, and somebody waits for this one
 */
export const watchCommits = (path: string, look: () => void): CommitWatch => {
  const isShared = path !== ':memory:';
  let awaited = true;
  let changedMs = performance.now();
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout | undefined;
  let quietMs: number = QUIET_MS.unproven;
  let lookMs = Infinity;
  const waitMs = () => {
    const sinceMs = performance.now() - changedMs;
    if (!isShared || (watcher && sinceMs >= ACTIVE_MS)) return quietMs;
    return watcher ? Math.max(POLL_MS, sinceMs / 2) : POLL_MS;
  };
  const schedule = () => {
    clearTimeout(timer);
    const ms = waitMs();
    lookMs = performance.now() + ms;
    timer = setTimeout(() => {
      schedule();
      look();
    }, ms);
    if (!awaited) timer.unref();
  };
  const unwatch = () => {
    watcher?.close();
    watcher = undefined;
  };
  try {
    if (isShared)
      watcher = watch(`${path}-wal`, { persistent: false }, () => {
        changedMs = performance.now();
        quietMs = QUIET_MS.proven;
        if (lookMs - changedMs > POLL_MS) schedule();
      });
    watcher?.on('error', unwatch);
    if (watcher) touch(`${path}-wal`);
  } catch {
    unwatch(); // the system watches no more files: look often
  }
  schedule();
  return {
    setAwaited: (now) => {
      if (now === awaited) return;
      awaited = now;
      if (awaited) timer?.ref();
      else timer?.unref();
    },
    end: () => {
      clearTimeout(timer);
      unwatch();
    },
  };
};
