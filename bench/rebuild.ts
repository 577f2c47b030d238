import { open } from './pages';
import { measured } from './support';

/** What one rebuild in a process of its own took. */
export interface Rebuilt {
  readonly events: number;
  readonly wall: number;
  readonly cpu: number;
  /** The most memory that the process held at any time, in MiB. */
  readonly mebibytes: number;
}

/** `node rebuild.js <folder> <name>`: rebuilds `time` of a log that exists, and sends its parent what it took. */
const main = async ([folder, name]: readonly string[]): Promise<void> => {
  const { runner, close } = await open(folder!, name!);
  let events = 0;
  const took = await measured(async () => ({ events } = await runner.rebuild('time')));
  await close();
  process.send!({ events, ...took, mebibytes: process.resourceUsage().maxRSS / 1024 } satisfies Rebuilt);
};

if (require.main === module) void main(process.argv.slice(2));
