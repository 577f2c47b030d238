// Who may import whom, for dependency-cruiser (`npm run imports`). Types count as imports here.

/** Each lib, and the contexts to its left that it may import. All may import the kernel; all contexts the platform. */
const toLeads = ['definitions', 'directory', 'sla-clocks', 'campaigns', 'leads'];
const toSalesSla = [...toLeads, 'scoring', 'routing', 'sales-sla'];
const toCustomers = [...toSalesSla, 'accounts', 'opportunities', 'customers'];
const importTable = {
  kernel: [],
  platform: [],
  definitions: [],
  directory: [],
  'sla-clocks': ['definitions'],
  campaigns: [],
  leads: ['definitions', 'directory', 'sla-clocks', 'campaigns'],
  scoring: toLeads,
  routing: [...toLeads, 'scoring'],
  'sales-sla': [...toLeads, 'scoring', 'routing'],
  accounts: toSalesSla,
  opportunities: [...toSalesSla, 'accounts'],
  customers: [...toSalesSla, 'accounts', 'opportunities'],
  attribution: toCustomers,
  insights: [...toCustomers, 'attribution'],
  integrations: [...toCustomers, 'attribution', 'insights'],
  audit: [],
  privacy: [...toCustomers, 'audit'],
};

const pure = '\\.(events|decider|rules|projection|read-model|policy|model|fact|figure)\\.ts$';
const test = '(\\.spec|\\.e2e-spec|\\.contract)\\.ts$|^libs/kernel/testing/|^test/';
const npm = (...names) => `(^|/)node_modules/(${names.join('|')})(/|$)`;
const pureLibraries = npm('luxon', 'decimal\\.js', 'ical\\.js', '@types/luxon');
/** Plain libraries without a framework or a driver. */
const kernelLibraries = npm(
  ...['@sinclair/typebox', 'canonicalize', 'lru-cache', 'uuid', 'luxon', '@types/luxon', 'decimal\\.js', 'fast-check'],
  ...['currency-codes', 'email-addresses', 'i18n-iso-countries', 'libphonenumber-js', 'tldts'],
);
const drivers = [npm('@eventstore/db-client', 'mongodb', '@photostructure/sqlite'), '^(node:)?sqlite$'];

const index = '^libs/[^/]+/index\\.ts$';
const room = '^libs/platform/(?:[^/]+/index|[^/]+)\\.ts$';
const testing = '^libs/kernel/testing/index\\.ts$';
const parts = '^libs/[^/]+/[^/.]+\\.module\\.ts$';

const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

module.exports = {
  forbidden: [
    ...Object.entries(importTable).map(([lib, left]) =>
      rule(
        'imports',
        `${lib} may import ${[lib === 'kernel' ? '' : 'kernel', ...left].filter(Boolean).join(', ') || 'nobody'}: see the import table.`,
        { path: `^libs/${lib}/` },
        {
          path: '^(libs|apps)/',
          pathNot: `^libs/(${[lib, 'kernel', ...(['kernel', 'platform'].includes(lib) ? [] : ['platform']), ...left].join('|')})/`,
        },
      ),
    ),
    rule(
      'imports',
      'Each lib has a row in the import table.',
      { path: '^libs/([^/]+)/', pathNot: `^libs/(${Object.keys(importTable).join('|')})/` },
      { path: '^(libs|apps)/', pathNot: '^libs/$1/' },
    ),
    rule(
      'doors',
      'A lib is entered by its index.ts, the platform by the index of a room.',
      { path: '^(libs/[^/]+)/' },
      { path: '^libs/', pathNot: ['^$1/', index, room, '^libs/kernel/testing/'] },
    ),
    rule(
      'doors',
      'Apps put contexts together: they enter by index.ts, and by what a context registers.',
      { path: '^(apps|bench)/' },
      { path: '^libs/', pathNot: [index, room, testing, parts] },
    ),
    rule('doors', 'For tests only.', { path: '^(apps|libs)/', pathNot: test }, { path: '^libs/kernel/testing/' }),
    rule(
      'relative',
      'A relative import stays at home; everything else is entered by its @baton name.',
      { path: '^(libs/[^/]+|apps)/' },
      { path: '^(libs|apps|bench|test)/', pathNot: ['^$1/', '^test/support/'], dependencyTypesNot: ['aliased'] },
    ),
    rule(
      'purity',
      'A pure file imports the kernel, pure files, earlier contexts by their index, luxon, decimal.js and ical.js.',
      { path: pure },
      { pathNot: [pure, '^libs/(?!platform/)[^/]+/index\\.ts$', pureLibraries] },
    ),
    rule(
      'relative',
      'A benchmark starts apps, and is imported by nobody.',
      { path: '^(bench|apps|libs)/' },
      { path: '^(libs|bench|test)/', pathNot: ['^libs/', '^$1/', '^test/support/'] },
    ),
    rule(
      'relative',
      'Test support is for tests and benchmarks.',
      { path: '^(apps|libs)/', pathNot: test },
      { path: '^test/' },
    ),
    rule(
      'purity',
      'A pure file enters no context by its own index.',
      { path: `^libs/([^/]+)/.*${pure}` },
      { path: '^libs/$1/index\\.ts$' },
    ),
    rule(
      'kernel',
      'The kernel is plain TypeScript.',
      { path: '^libs/kernel/', pathNot: test },
      { pathNot: ['^libs/', kernelLibraries, '^(node:)?crypto$'] },
    ),
    rule(
      'drivers',
      'Only the platform knows a driver.',
      { path: '^(apps|libs|bench)/', pathNot: '^libs/platform/' },
      { path: drivers },
    ),
    rule(
      'cycles',
      'Files that import each other, types included, cannot be read one after the other.',
      {},
      { circular: true },
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: ['node_modules', '^test/'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
