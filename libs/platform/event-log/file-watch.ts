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
 * Looks whenever another process may have committed to a SQLite file in WAL mode: often while the file changes, and every
 * ten seconds when it does not.
 * @param path of the database file; `:memory:` has no other process, and somebody waits for this one
 */
export const watchCommits = (path: string, look: () => void): CommitWatch => {
  const isShared = path !== ':memory:';
  let awaited = true;
  let changedMs = performance.now();
  let watcher: FSWatcher | undefined;
  let timer: NodeJS.Timeout | undefined;
  let quietMs: number = QUIET_MS.unproven;
  const isActive = () => isShared && (!watcher || performance.now() - changedMs < ACTIVE_MS);
  const schedule = () => {
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        schedule();
        look();
      },
      isActive() ? POLL_MS : quietMs,
    );
    if (!awaited) timer.unref();
  };
  const unwatch = () => {
    watcher?.close();
    watcher = undefined;
  };
  try {
    if (isShared)
      watcher = watch(`${path}-wal`, { persistent: false }, () => {
        const wasQuiet = !isActive();
        changedMs = performance.now();
        quietMs = QUIET_MS.proven;
        if (wasQuiet) schedule();
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
