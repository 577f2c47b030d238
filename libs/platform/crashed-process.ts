import { hostname } from 'node:os';

/** Whether the holder of a lease or a file, `host:pid:random`, was a process of this machine that has ended. */
export const isCrashedLocalProcess = (holder: string): boolean => {
  const [host, pid] = holder.split(':');
  if (host !== hostname() || Number(pid) === process.pid) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
};
