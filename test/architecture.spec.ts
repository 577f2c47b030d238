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
  it('is read from the files there are', () => expect(sources.length).toBeGreaterThan(10));
  for (const rule of Object.keys(rules) as (keyof typeof rules)[])
    it(`keeps the rule of ${rule}`, () => expect(violationsOf(sources, rule)).toEqual([]));
});

/** One file as planted: a path, and its text. */
type Planted = readonly [path: string, text: string];
interface Case {
  readonly rule: keyof typeof rules;
  readonly breaks: readonly (readonly [what: string, ...planted: Planted[]])[];
  readonly keeps: readonly (readonly [what: string, ...planted: Planted[]])[];
}
const planted = (...names: readonly string[]): Planted[] => names.map((name) => [`libs/leads/${name}`, '']);
const decider = 'libs/leads/write/lead/lead.decider.ts';
const handler = 'libs/leads/write/lead/lead.handler.ts';
const cases: readonly Case[] = [
  {
    rule: 'imports',
    breaks: [
      ['an earlier context', [handler, `import { deal } from '@baton/opportunities';`]],
      ['a later context by type', [handler, `import type { Deal } from '@baton/opportunities';`]],
      ['a later context, exported again', [handler, `export * from '@baton/insights';`]],
      ['a later context, at run time', [handler, `const deal = await import('@baton/opportunities');`]],
      ['the kernel', ['libs/kernel/x.ts', `import { y } from '@baton/platform/documents';`]],
      ['the audit', ['libs/audit/x.ts', `import { leadEvents } from '@baton/leads';`]],
      ['a lib without a row', ['libs/gossip/x.ts', `import { y } from '@baton/kernel';`]],
    ],
    keeps: [
      ['to the left', [handler, `import { x } from '@baton/campaigns'; import { y } from '@baton/kernel';`]],
      ['an app', ['apps/api/main.ts', `import { x } from '@baton/insights';`]],
      ['a comment', [handler, `// import { deal } from '@baton/opportunities';`]],
    ],
  },
  {
    rule: 'doors',
    breaks: [
      ['past the index', ['libs/insights/x.ts', `import { y } from '@baton/leads/write/lead/lead.events';`]],
      ['an app past the index', ['apps/cli/x.ts', `import { y } from '@baton/leads/write/lead/lead.events';`]],
      ['resolvers outside the API', ['apps/cli/x.ts', `import { y } from '@baton/leads/leads.graphql.module';`]],
      ['what a context registers', ['libs/insights/x.ts', `import { y } from '@baton/leads/leads.module';`]],
      ['deep into a room', [handler, `import { y } from '@baton/platform/documents/mongo';`]],
      ['testing outside tests', [handler, `import { specFor } from '@baton/kernel/testing';`]],
      ['past the kernel', [handler, `import { y } from '@baton/kernel/money';`]],
    ],
    keeps: [
      ['an app that registers it', ['apps/cli/x.ts', `import { y } from '@baton/leads/leads.module';`]],
      ['an API that serves it', ['apps/api/x.ts', `import { y } from '@baton/leads/leads.graphql.module';`]],
      ['a room', [handler, `import { y } from '@baton/platform/documents';`]],
      ['testing in a spec', ['libs/leads/x.spec.ts', `import { specFor } from '@baton/kernel/testing';`]],
    ],
  },
  {
    rule: 'relative',
    breaks: [
      ['into another lib', ['libs/leads/x.ts', `import { y } from '../campaigns';`]],
      ['into an app', ['libs/leads/x.ts', `import { y } from '../../apps/contexts';`]],
      ['out of an app', ['apps/api/main.ts', `import { y } from '../../libs/leads';`]],
      ['into the test support', ['libs/leads/x.ts', `import { y } from '../../test/support/data';`]],
    ],
    keeps: [
      ['at home', [handler, `import { y } from '../../index'; import { z } from './lead.decider';`]],
      ['between apps', ['apps/api/main.ts', `import { contexts } from '../contexts';`]],
      ['a spec with the test support', ['libs/leads/x.spec.ts', `import { y } from '../../test/support/data';`]],
    ],
  },
  {
    rule: 'purity',
    breaks: [
      ['a framework', [decider, `import { Injectable } from '@nestjs/common';`]],
      ['the platform', [decider, `import { x } from '@baton/platform/documents';`]],
      ['an impure neighbour', [decider, `import { x } from './lead.handler';`]],
      ['its own index', [decider, `import { x } from '@baton/leads';`]],
      ['Node', [decider, `import { randomUUID } from 'node:crypto';`]],
      ['the clock', [decider, `const now = Date.now();`]],
      ['the clock as a date', [decider, `const now = new Date();`]],
      ['the clock of luxon', [decider, `const now = DateTime.now();`]],
      ['luxon in UTC, now', [decider, `const now = DateTime.utc();`]],
      ['chance', [decider, `const x = Math.random();`]],
      ['the environment', [decider, `const x = process.env.HOME;`]],
      ['the network', [decider, `void fetch('https://example.org');`]],
      ['a timer', ['libs/leads/react/x.policy.ts', `setTimeout(() => undefined, 5);`]],
    ],
    keeps: [
      [
        'its neighbours',
        [
          decider,
          `import { x } from './lead.events'; import { DateTime } from 'luxon'; import y from '@baton/kernel';`,
        ],
      ],
      ['an index to the left', ['libs/opportunities/read/x.projection.ts', `import { x } from '@baton/leads';`]],
      ['a given date', [decider, `const x = new Date('2024-01-01'); const y = DateTime.utc(2024);`]],
      ['words about the clock', [decider, `// Date.now() is not for us\nconst x = 'Math.random()';`]],
      ['a handler', [handler, `import { Injectable } from '@nestjs/common'; const now = new Date();`]],
      ['a spec', ['libs/leads/write/lead/lead.decider.spec.ts', `const x = new Date();`]],
    ],
  },
  {
    rule: 'kernel',
    breaks: [
      ['a framework', ['libs/kernel/x.ts', `import { Injectable } from '@nestjs/common';`]],
      ['files', ['libs/kernel/x.ts', `import { readFileSync } from 'node:fs';`]],
    ],
    keeps: [['the schema library', ['libs/kernel/x.ts', `import { Type } from '@sinclair/typebox';`]]],
  },
  {
    rule: 'drivers',
    breaks: [
      ['in a context', [handler, `import { MongoClient } from 'mongodb';`]],
      ['in an app', ['apps/cli/x.ts', `const { DatabaseSync } = require('@photostructure/sqlite');`]],
    ],
    keeps: [['in the platform', ['libs/platform/documents/mongo.ts', `import { MongoClient } from 'mongodb';`]]],
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
    rule: 'handlers',
    breaks: [
      [
        'two of one command',
        [handler, `@CommandHandler(ToLead) export class A {}`],
        ['libs/accounts/x.handler.ts', `@CommandHandler(ToLead) export class B {}`],
      ],
    ],
    keeps: [
      [
        'one of each',
        [handler, `@CommandHandler(ToLead) export class A {}`],
        ['libs/accounts/x.handler.ts', `@CommandHandler(ToAccount) export class B {}`],
      ],
    ],
  },
  {
    rule: 'contexts',
    breaks: [
      ['without a README', ...planted('index.ts', 'leads.module.ts', 'leads.graphql.module.ts')],
      ['without a module', ...planted('index.ts', 'README.md', 'leads.graphql.module.ts')],
      ['without resolvers', ...planted('index.ts', 'README.md', 'leads.module.ts')],
      ['without a row', ['libs/gossip/x.ts', '']],
    ],
    keeps: [
      ['whole', ...planted('index.ts', 'README.md', 'leads.module.ts', 'leads.graphql.module.ts')],
      ['not begun', [decider, '']],
    ],
  },
  {
    rule: 'registered',
    breaks: [
      ['a read model', ['libs/leads/read/x.projection.ts', ''], ['libs/leads/leads.module.ts', '']],
      ['a policy', ['libs/leads/policies/x.policy.ts', '']],
      ['an aggregate', ['libs/leads/write/x/x.decider.ts', '']],
      [
        'a resolver, registered where GraphQL is not served',
        ['libs/leads/read/x.resolver.ts', ''],
        ['libs/leads/leads.module.ts', `import { X } from './read/x.resolver';`],
      ],
      ['an attribution model', ['libs/attribution/models/x.model.ts', '']],
      [
        'one of which only the type is used',
        ['libs/leads/read/x.projection.ts', ''],
        ['libs/leads/leads.module.ts', `import type { X } from './read/x.projection';`],
      ],
    ],
    keeps: [
      [
        'each in its place',
        ['libs/leads/read/x.projection.ts', ''],
        ['libs/leads/read/x.resolver.ts', ''],
        ['libs/leads/leads.module.ts', `import { x } from './read/x.projection';`],
        ['libs/leads/leads.graphql.module.ts', `import { X } from './read/x.resolver';`],
      ],
    ],
  },
  {
    rule: 'folders',
    breaks: [['a drawer for everything', ['libs/leads/utils/x.ts', '']]],
    keeps: [['a name of the field', ['libs/leads/write/lead/x.ts', '']]],
  },
  {
    rule: 'cycles',
    breaks: [
      ['of two', ['libs/leads/a.ts', `import { b } from './b';`], ['libs/leads/b.ts', `import { a } from './a';`]],
      [
        'through an index',
        ['libs/leads/index.ts', `export * from './a';`],
        ['libs/leads/a.ts', `import { x } from '@baton/leads';`],
      ],
      [
        'of three',
        ['libs/leads/a.ts', `import { b } from './b';`],
        ['libs/leads/b.ts', `export { c } from './c';`],
        ['libs/leads/c.ts', `import { a } from './a.js';`],
      ],
    ],
    keeps: [
      [
        'types only',
        ['libs/leads/a.ts', `import type { B } from './b'; import { type C } from './b';`],
        ['libs/leads/b.ts', `import { a } from './a';`],
      ],
      [
        'two ways to one file',
        ['libs/leads/a.ts', `import { b } from './b'; import { c } from './c';`],
        ['libs/leads/b.ts', `import { c } from './c';`],
        ['libs/leads/c.ts', ''],
      ],
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
