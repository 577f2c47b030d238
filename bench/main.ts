import 'reflect-metadata';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, platform, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { access } from './access';
import { attributionModelling } from './attribution';
import { audit } from './audit';
import { busyLeads } from './busy';
import { caseFiles } from './case-file';
import { clocks } from './clocks';
import { cost } from './cost';
import { cuts } from './cuts';
import { demo } from './demo';
import { emmett } from './emmett';
import { figures } from './figures';
import { graphql } from './graphql';
import { growth } from './growth';
import { handoff } from './handoff';
import { idle } from './idle';
import { imports } from './import';
import { leadDecisions } from './leads';
import { lists } from './lists';
import { appends, rebuild, visibility } from './log';
import { overload } from './overload';
import { refusals } from './refusals';
import { onServers } from './server';
import { size } from './size';
import { start } from './start';
import type { Benchmark, Figure } from './support';

/** Every benchmark by its name; `npm run bench -- rebuild appends` runs some of them. */
const benchmarks: Readonly<Record<string, Benchmark>> = {
  rebuild,
  appends,
  import: imports,
  visibility,
  size,
  clocks,
  emmett,
  graphql,
  refusals,
  overload,
  cost,
  attribution: attributionModelling,
  leads: leadDecisions,
  busy: busyLeads,
  lists,
  figures,
  cuts,
  growth,
  server: onServers,
  idle,
  demo,
  handoff,
  'case-file': caseFiles,
  audit,
  access,
  start,
};

/** Prints ratios of things measured in turn in this one run, and keeps the raw figures. */
const main = async (): Promise<void> => {
  const asked = process.argv.slice(2);
  const folder = mkdtempSync(join(tmpdir(), 'baton-bench-'));
  const results: Record<string, readonly Figure[]> = {};
  try {
    for (const [name, benchmark] of Object.entries(benchmarks)) {
      if (asked.length > 0 && !asked.includes(name)) continue;
      mkdirSync(join(folder, name));
      results[name] = await benchmark(join(folder, name));
      for (const { what, ratio } of results[name]) process.stdout.write(`${ratio.toFixed(2).padStart(8)}  ${what}\n`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const machine = {
    node: process.version,
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memoryGiB: totalmem() / 2 ** 30,
    system: `${platform()} ${release()}`,
    load: loadavg(),
  };
  const path = join(tmpdir(), `baton-bench-${Date.now()}.json`);
  writeFileSync(path, JSON.stringify({ machine, results }, null, 2));
  process.stdout.write(`${JSON.stringify(machine)}\nraw figures: ${path}\n`);
};

void main();
