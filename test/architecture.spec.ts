import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rules, violationsOf, type Source } from './support/architecture';

const root = join(__dirname, '..');
const files = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /(\.ts|README\.md)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((path) => !path.includes('node_modules/'))
    .sort();
const sources = ['apps', 'libs', 'bench']
  .filter((folder) => existsSync(join(root, folder)))
  .flatMap(files)
  .map((path): Source => ({ path, text: path.endsWith('.md') ? '' : readFileSync(join(root, path), 'utf8') }));

describe('the architecture', () => {
  it('is read from all files', () => expect(sources.length).toBeGreaterThan(10));
  for (const rule of Object.keys(rules) as (keyof typeof rules)[])
    it(`follows the rule of ${rule}`, () => expect(violationsOf(sources, rule)).toEqual([]));
});

/** One planted file: a path, and its text. */
type Planted = readonly [path: string, text: string];
interface Case {
  readonly rule: keyof typeof rules;
  readonly breaks: readonly (readonly [what: string, ...planted: Planted[]])[];
  readonly keeps: readonly (readonly [what: string, ...planted: Planted[]])[];
}
const planted = (...names: readonly string[]): Planted[] => names.map((name) => [`libs/leads/${name}`, '']);
const decider = 'libs/leads/write/lead/lead.decider.ts';
const handler = 'libs/leads/write/lead/lead.handler.ts';
/** The app that runs the providers of a context. */
const app: Planted = ['apps/contexts.ts', `import { x } from '@baton/leads/leads.module';`];
const cases: readonly Case[] = [
  {
    rule: 'purity',
    breaks: [
      ['the clock', [decider, `const now = Date.now();`]],
      ['the clock as a date', [decider, `const now = new Date();`]],
      ['the clock of luxon', [decider, `const now = DateTime.now();`]],
      ['luxon in UTC, now', [decider, `const now = DateTime.utc();`]],
      ['chance', [decider, `const x = Math.random();`]],
      ['the environment', [decider, `const x = process.env.HOME;`]],
      ['the network', [decider, `void fetch('https://example.org');`]],
      ['a timer', ['libs/leads/policies/x.policy.ts', `setTimeout(() => undefined, 5);`]],
    ],
    keeps: [
      ['a given date', [decider, `const x = new Date('2024-01-01'); const y = DateTime.utc(2024);`]],
      ['words about the clock', [decider, `// Date.now() is not for us\nconst x = 'Math.random()';`]],
      ['a handler', [handler, `import { Injectable } from '@nestjs/common'; const now = new Date();`]],
      ['a spec', ['libs/leads/write/lead/lead.decider.spec.ts', `const x = new Date();`]],
    ],
  },
  {
    rule: 'environment',
    breaks: [
      ['in an app', ['apps/api/main.ts', `const port = process.env.PORT;`]],
      ['taken apart', ['apps/api/main.ts', `const { env } = process;`]],
      ['elsewhere in the platform', ['libs/platform/documents/mongo.ts', `const x = process.env['MONGODB_URL'];`]],
    ],
    keeps: [
      ['in the one place', ['libs/platform/config.ts', `export const env = process.env;`]],
      ['another part of the process', ['apps/api/main.ts', `process.exitCode = 1;`]],
    ],
  },
  {
    rule: 'contexts',
    breaks: [
      ['without a README', ...planted('index.ts', 'leads.module.ts')],
      ['without a module', ...planted('index.ts', 'README.md')],
    ],
    keeps: [
      ['whole', ...planted('index.ts', 'README.md', 'leads.module.ts')],
      ['not begun', [decider, '']],
    ],
  },
  {
    rule: 'registered',
    breaks: [
      ['a read model', ['libs/leads/read/x.read-model.ts', ''], app, ['libs/leads/leads.module.ts', '']],
      ['a report', ['libs/leads/read/x.report.ts', ''], app, ['libs/leads/leads.module.ts', '']],
      ['a context', ['libs/leads/leads.module.ts', ''], ['apps/contexts.ts', '']],
      ['a policy', ['libs/leads/policies/x.policy.ts', '']],
      ['an aggregate', ['libs/leads/write/x/x.decider.ts', '']],
      ['an attribution model', ['libs/attribution/models/x.model.ts', '']],
      ['a figure', ['libs/insights/figures/x.figure.ts', '']],
      [
        'one of which only the type is used',
        ['libs/leads/read/x.read-model.ts', ''],
        app,
        ['libs/leads/leads.module.ts', `import type { X } from './read/x.read-model';`],
      ],
    ],
    keeps: [
      [
        'each in its place',
        ['libs/leads/read/x.read-model.ts', ''],
        ['libs/leads/leads.module.ts', `import { x } from './read/x.read-model';`],
        app,
      ],
    ],
  },
  {
    rule: 'folders',
    breaks: [['a drawer for everything', ['libs/leads/utils/x.ts', '']]],
    keeps: [['a name of the field', ['libs/leads/write/lead/x.ts', '']]],
  },
  {
    rule: 'journals',
    breaks: [
      ['a report', ['libs/leads/read/x.report.ts', `import { field, type Journal } from '@baton/kernel';`]],
      ['a query', ['libs/leads/read/x.query.ts', `import type { Journal as J } from '@baton/kernel';`]],
      [
        'a resolver',
        ['libs/platform/graphql/x.ts', `class X { constructor(@Inject(Journal) readonly j: Journal) {} }`],
      ],
      ['a controller', ['apps/api/x.controller.ts', `class X { constructor(private readonly j: Journal) {} }`]],
    ],
    keeps: [
      ['a closed one', ['libs/leads/read/x.query.ts', `import type { ClosedJournal } from '@baton/kernel';`]],
      [
        'a closed one, injected',
        [
          'apps/api/x.ts',
          `import { Journal } from '@baton/kernel';\nclass X { constructor(@Inject(Journal) j: ClosedJournal) {} }`,
        ],
      ],
      ['a handler', ['libs/leads/write/lead/x.handler.ts', `import { Journal } from '@baton/kernel';`]],
      ['a test', ['libs/leads/read/x.spec.ts', `import { Journal } from '@baton/kernel';`]],
    ],
  },
];

describe('each rule of the architecture can fail', () => {
  it('has cases for every rule', () => expect(cases.map(({ rule }) => rule).sort()).toEqual(Object.keys(rules).sort()));
  const sourcesOf = (all: readonly Planted[]): Source[] => all.map(([path, text]) => ({ path, text }));
  for (const { rule, breaks, keeps } of cases) {
    it.each(breaks.map(([what, ...all]) => ({ what, all })))(`${rule}: $what is found`, ({ all }) =>
      expect(violationsOf(sourcesOf(all), rule)).toHaveLength(1),
    );
    it.each(keeps.map(([what, ...all]) => ({ what, all })))(`${rule}: $what passes`, ({ all }) =>
      expect(violationsOf(sourcesOf(all), rule)).toEqual([]),
    );
  }
});
