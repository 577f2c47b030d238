import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { median, ROUNDS, type Benchmark } from './support';

const launcher = join(__dirname, '..', 'apps', 'cli', 'main.js');

/** CPU seconds of one command line, in a process of its own that says what it used. */
const cpuOf = (folder: string, ...args: string[]): number => {
  const end = 'process.on("exit",()=>{const{user,system}=process.cpuUsage();process.stderr.write(`${user+system}`)})';
  const run = `${end};process.argv.splice(1,0,"baton");require(${JSON.stringify(launcher)})`;
  const { status, stderr } = spawnSync(process.execPath, ['-e', run, '--', ...args], {
    env: { ...process.env, BATON_DATA_DIR: folder, BATON_LOG_LEVEL: 'silent' },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`baton ${args.join(' ')}: exit ${status}\n${stderr}`);
  return Number(stderr) / 1e6;
};

/** What a report costs beside its question: it loads its own context where nothing is to be followed. */
export const start: Benchmark = async (folder) => {
  spawnSync(process.execPath, [launcher, 'demo', '--once', '--scale', '0.01'], {
    env: { ...process.env, BATON_DATA_DIR: folder, BATON_LOG_LEVEL: 'silent' },
  });
  const rounds = Array.from({ length: ROUNDS }, () => ({
    report: cpuOf(folder, 'report', 'served-deals', '--json'),
    all: cpuOf(folder, 'status', '--json'),
  }));
  const [report, all] = [median(rounds.map((each) => each.report)), median(rounds.map((each) => each.all))];
  return [
    {
      what: `CPU of a report against that of a command that starts all of Baton (${report.toFixed(2)} s, ${all.toFixed(2)} s)`,
      ratio: report / all,
      rounds,
    },
  ];
};
