import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@baton/kernel/testing';
import { baton } from './baton';

export const DEMO_SCALE = '0.08';
/** The last day of the history, the same in every run. */
export const DEMO_DAY = '2024-07-01';

// Workers are children of the process that runs all suites; its reporter deletes the folder at the end.
const ofRun = join(tmpdir(), `baton-demo-${process.send ? process.ppid : process.pid}`);
const ready = join(ofRun, 'ready');
const failed = join(ofRun, 'failed');

const make = async (): Promise<void> => {
  const draft = join(ofRun, 'draft');
  mkdirSync(draft);
  const { status, stdout, stderr } = await baton(draft, 'demo', '--once', '--today', DEMO_DAY, '--scale', DEMO_SCALE);
  if (status !== 0) writeFileSync(failed, stderr);
  writeFileSync(join(draft, 'printed.txt'), stdout);
  if (status === 0) renameSync(draft, ready);
};

/**
 * Puts the data of the demo into a folder. The history is generated once for all suites of a run, which takes seconds;
 * other suites wait meanwhile.
 * @returns what the demo printed
 */
export const copyDemo = async (folder: string): Promise<string> => {
  const first = mkdirSync(ofRun, { recursive: true }) !== undefined;
  if (first) await make();
  await eventually(() => existsSync(ready) || existsSync(failed));
  if (existsSync(failed)) throw new Error(`the demo failed: ${readFileSync(failed, 'utf8')}`);
  cpSync(ready, folder, { recursive: true });
  return readFileSync(join(folder, 'printed.txt'), 'utf8');
};
