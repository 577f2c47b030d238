import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const root = join(__dirname, '..');
const run = promisify(execFile);
const compiler = join(root, 'node_modules', '@swc', 'cli', 'bin', 'swc.js');
const cruiser = join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');

interface Violation {
  readonly rule: string;
  /** The importing file, and its imports; of a cycle all its files. */
  readonly files: readonly string[];
}
/** What breaks the rules of `test/imports/<rules>.cjs` among the files of a tree; a compiled file has its source's name. */
const violations = async (tree: string, rules: string, folders: readonly string[]): Promise<Violation[]> => {
  const config = join(__dirname, 'imports', `${rules}.cjs`);
  const { stdout } = await run(process.execPath, [cruiser, '--config', config, '--output-type', 'json', ...folders], {
    cwd: tree,
    maxBuffer: 64 << 20,
  });
  const { summary } = JSON.parse(stdout) as {
    summary: {
      totalCruised: number;
      violations: { rule: { name: string }; from: string; to: string; cycle?: { name: string }[] }[];
    };
  };
  expect(summary.totalCruised).toBeGreaterThan(10);
  return summary.violations.map(({ rule, from, to, cycle = [] }) => ({
    rule: rule.name,
    files: [from, to, ...cycle.map(({ name }) => name)].map((file) => file.replace(/^dist\/(.*)\.js$/, '$1.ts')),
  }));
};

describe('the imports of this repository', () => {
  it('follow the table, use index files, are pure where required, and have no cycle', async () =>
    expect(await violations(root, 'rules', ['apps', 'libs', 'bench'])).toEqual([]));
  it('load no framework where code is pure', async () => {
    await run(process.execPath, [join(root, 'apps/cli/baton.js'), '--built']);
    expect(await violations(root, 'purity', ['dist/libs'])).toEqual([]);
  });
});

/** What planted files import; nothing of it breaks a rule. */
const neighbours: Readonly<Record<string, string>> = {
  'tsconfig.json': JSON.stringify({ compilerOptions: { paths: { '@baton/*': ['./libs/*'] } } }),
  ...Object.fromEntries(
    ['kernel', 'platform', 'campaigns', 'leads', 'opportunities', 'insights', 'gossip'].map((lib) => [
      `libs/${lib}/index.ts`,
      'export const y = 1; export interface Y { y: 1 }',
    ]),
  ),
  'libs/kernel/money.ts': 'export const y = 1;',
  'libs/kernel/testing/index.ts': 'export const y = 1;',
  'libs/platform/documents/index.ts': `export const y = 1;`,
  'libs/platform/documents/mongo.ts': `import { MongoClient } from 'mongodb'; export const y = MongoClient;`,
  'libs/leads/leads.module.ts': 'export const y = 1;',
  'libs/leads/write/lead/lead.events.ts': 'export const y = 1; export interface Y { y: 1 }',
  'libs/leads/write/lead/lead.handler.ts': `import { Injectable } from '@nestjs/common'; export const y = Injectable; export interface Y { y: 1 }`,
  'apps/contexts.ts': 'export const y = 1;',
  'test/support/data.ts': 'export const y = 1;',
};

/** A planted file: what it tests, its folder and suffix, its text, and other files. */
type Planted = readonly [what: string, at: string, text: string, more?: Readonly<Record<string, string>>];
const decider = 'libs/leads/write/lead/*.decider.ts';
const handler = 'libs/leads/write/lead/*.handler.ts';
const y = (from: string) => `import { y } from '${from}'; export const z = y;`;
const cases: Readonly<Record<string, { readonly breaks: readonly Planted[]; readonly keeps: readonly Planted[] }>> = {
  imports: {
    breaks: [
      ['a later context', handler, y('@baton/opportunities')],
      ['a later context by type', handler, `import type { Y } from '@baton/opportunities'; export type Z = Y;`],
      ['a later context, exported again', handler, `export * from '@baton/insights';`],
      ['a later context, at run time', handler, `export const z = import('@baton/opportunities');`],
      ['the platform from the kernel', 'libs/kernel/*.ts', y('@baton/platform/documents')],
      ['a context from the audit', 'libs/audit/*.ts', y('@baton/leads')],
      ['anything from a lib without a row', 'libs/gossip/*.ts', y('@baton/kernel')],
    ],
    keeps: [
      ['to the left', handler, `export { y } from '@baton/campaigns'; export { y as z } from '@baton/kernel';`],
      ['an app', 'apps/api/*.ts', y('@baton/insights')],
      ['a comment', handler, `// import { y } from '@baton/opportunities';`],
    ],
  },
  doors: {
    breaks: [
      ['past the index', 'libs/insights/*.ts', y('@baton/leads/write/lead/lead.events')],
      ['an app past the index', 'apps/cli/*.ts', y('@baton/leads/write/lead/lead.events')],
      ['what a context registers', 'libs/insights/*.ts', y('@baton/leads/leads.module')],
      ['deep into a room', handler, y('@baton/platform/documents/mongo')],
      ['testing outside tests', handler, y('@baton/kernel/testing')],
      ['past the kernel', handler, y('@baton/kernel/money')],
    ],
    keeps: [
      ['an app that registers it', 'apps/cli/*.ts', y('@baton/leads/leads.module')],
      ['a room', handler, y('@baton/platform/documents')],
      ['testing in a spec', 'libs/leads/*.spec.ts', y('@baton/kernel/testing')],
    ],
  },
  relative: {
    breaks: [
      ['into another lib', 'libs/leads/*.ts', y('../campaigns')],
      ['into an app', 'libs/leads/*.ts', y('../../apps/contexts')],
      ['out of an app', 'apps/api/*.ts', y('../../libs/leads')],
      ['into the test support', 'libs/leads/*.ts', y('../../test/support/data')],
    ],
    keeps: [
      ['at home', handler, `export { y } from '../../index'; export { y as z } from './lead.events';`],
      ['between apps', 'apps/api/*.ts', y('../contexts')],
      ['a spec with the test support', 'libs/leads/*.spec.ts', y('../../test/support/data')],
      ['a benchmark with an app', 'bench/*.ts', y('../apps/contexts')],
    ],
  },
  purity: {
    breaks: [
      ['a framework', decider, `import { Injectable } from '@nestjs/common'; export const z = Injectable;`],
      ['the platform', decider, y('@baton/platform/documents')],
      ['an impure neighbour', decider, y('./lead.handler')],
      ['its own index', decider, y('@baton/leads')],
      ['Node', decider, `import { randomUUID } from 'node:crypto'; export const z = randomUUID;`],
    ],
    keeps: [
      [
        'its neighbours',
        decider,
        `export { y } from './lead.events'; export { DateTime } from 'luxon'; export { y as z } from '@baton/kernel';`,
      ],
      ['an index to the left', 'libs/opportunities/read/*.projection.ts', y('@baton/leads')],
      ['a handler', handler, `export { Injectable } from '@nestjs/common';`],
    ],
  },
  kernel: {
    breaks: [
      ['a framework', 'libs/kernel/*.ts', `export { Injectable } from '@nestjs/common';`],
      ['files', 'libs/kernel/*.ts', `export { readFileSync } from 'node:fs';`],
    ],
    keeps: [['the schema library', 'libs/kernel/*.ts', `export { Type } from '@sinclair/typebox';`]],
  },
  drivers: {
    breaks: [
      ['in a context', handler, `export { MongoClient } from 'mongodb';`],
      ['in an app', 'apps/cli/*.ts', `export const z = require('@photostructure/sqlite');`],
    ],
    keeps: [['in the platform', 'libs/platform/documents/*.ts', `export { MongoClient } from 'mongodb';`]],
  },
  cycles: {
    breaks: [
      ['of two', 'libs/leads/*.ts', y('./two'), { 'libs/leads/two.ts': y('./CASE') }],
      [
        'of types',
        'libs/leads/*.ts',
        y('./b'),
        { 'libs/leads/b.ts': `import type { z } from './CASE'; export const y = 1 as unknown as typeof z;` },
      ],
      ['of three', 'libs/leads/*.ts', y('./c'), { 'libs/leads/c.ts': y('./d'), 'libs/leads/d.ts': y('./CASE.js') }],
    ],
    keeps: [
      [
        'two ways to one file',
        'libs/leads/*.ts',
        `export { z } from './e'; export { y } from './f';`,
        { 'libs/leads/e.ts': y('./f'), 'libs/leads/f.ts': 'export const y = 1;' },
      ],
    ],
  },
};

const planted = Object.entries(cases).flatMap(([rule, { breaks, keeps }]) =>
  [...breaks.map((each) => [true, each] as const), ...keeps.map((each) => [false, each] as const)].map(
    ([broken, [what, at, text, more = {}]]) => ({ rule, broken, what, at, text, more }),
  ),
);
const pathOf = (index: number): string => planted[index]!.at.replace('*', `case-${index}`);

describe('each rule of imports', () => {
  let found: Violation[] = [];
  let loaded: Violation[] = [];
  beforeAll(async () => {
    const tree = await mkdtemp(join(tmpdir(), 'baton-imports-'));
    const write = async (path: string, text: string) => {
      await mkdir(dirname(join(tree, path)), { recursive: true });
      await writeFile(join(tree, path), text);
    };
    await symlink(join(root, 'node_modules'), join(tree, 'node_modules'));
    for (const [path, text] of Object.entries(neighbours)) await write(path, text);
    for (const [index, { text, more }] of planted.entries()) {
      await write(pathOf(index), text);
      for (const [path, other] of Object.entries(more)) await write(path, other.replace('CASE', `case-${index}`));
    }
    // Only what runs counts here: through two files that are pure by their name, and by type alone.
    await write('libs/leads/read/through.rules.ts', y('./way.rules'));
    await write('libs/leads/read/way.rules.ts', y('../write/lead/lead.handler'));
    await write(
      'libs/leads/read/by-type.rules.ts',
      `import type { Y } from '../write/lead/lead.handler'; export const z = (y: Y) => y;`,
    );
    await write(
      'libs/leads/read/by-name.rules.ts',
      `import { Y } from '../write/lead/lead.handler'; export const z = (y: Y) => y;`,
    );
    found = await violations(tree, 'rules', ['apps', 'libs', 'bench']);
    await run(process.execPath, [compiler, 'libs', '--out-dir', 'dist', '--config-file', join(root, '.swcrc')], {
      cwd: tree,
    });
    loaded = await violations(tree, 'purity', ['dist/libs']);
    await rm(tree, { recursive: true });
  });

  it.each(
    planted.map(({ rule, broken, what }, index) => [`${rule}: ${what} ${broken ? 'is found' : 'passes'}`, index]),
  )('%s', (_, at) => {
    const index = at as number;
    const { rule, broken } = planted[index]!;
    const name = pathOf(index);
    const about = found.filter(({ files }) => files.includes(name)).map((each) => each.rule);
    if (broken) expect(about).toContain(rule);
    else expect(about).toEqual([]);
  });
  it('purity: a framework behind two files is found, a type of it is not', () => {
    const from = loaded.map(({ files }) => files[0]);
    expect(from).toContain('libs/leads/read/through.rules.ts');
    for (const name of ['by-type', 'by-name']) expect(from).not.toContain(`libs/leads/read/${name}.rules.ts`);
  });
});
