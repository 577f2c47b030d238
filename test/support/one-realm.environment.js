/**
 * Tests in the realm of their worker. Jest's own environment gives each suite a realm of its own, so that no package can
 * be shared between them: a third of all CPU went into loading the same packages for every suite. Here only our own
 * modules are loaded anew (see shared-packages.runtime.js), and what a suite leaves behind is taken away at its end.
 */
const hooks = require('node:async_hooks');
const vm = require('node:vm');
const { ModernFakeTimers } = require('@jest/fake-timers');
const { defaultMetadataStorage } = require('class-transformer/cjs/storage');
const { ModuleMocker } = require('jest-mock');

// Jest compiles each module for the realm that the environment names, and takes none for "torn down".
const ownRealm = {};
const compile = vm.compileFunction;
vm.compileFunction = (source, parameters, { parsingContext, ...options }) =>
  compile(source, parameters, parsingContext === ownRealm ? options : { ...options, parsingContext });

// What a suite declares with decorators, and its handlers of Jest's events, which would get those of all later suites too.
const ofOneSuite = [
  'GqlTypeMetadataStorage',
  'GqlLazyMetadataStorageHost',
  'classValidatorMetadataStorage',
  Symbol.for('EVENT_HANDLERS'),
];
// Jest keeps the state of a suite, and with it all its modules, under a symbol of the suite's own.
const ownSymbols = () =>
  Object.getOwnPropertySymbols(globalThis).filter((symbol) => Symbol.keyFor(symbol) === undefined);
const ofTheRealm = new Set(ownSymbols());

// Whatever was run in such a storage is copied into every promise until the storage is disabled, and its owner kept.
const storages = new Set();
hooks.AsyncLocalStorage = class extends hooks.AsyncLocalStorage {
  constructor(...options) {
    super(...options);
    storages.add(this);
  }
};

module.exports = class OneRealmEnvironment {
  constructor({ projectConfig }) {
    this.global = globalThis;
    this.moduleMocker = new ModuleMocker(globalThis);
    // Behind a proxy: for the global object itself the timers of `node:timers/promises` would be faked, too.
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: new Proxy(globalThis, {}) });
    this.before = {
      console: globalThis.console,
      exit: process.exit,
      env: { ...process.env },
    };
  }

  async setup() {}

  async teardown() {
    this.fakeTimersModern.dispose();
    this.fakeTimersModern = undefined;
    for (const storage of storages) storage.disable();
    storages.clear();
    const { console, exit, env } = this.before;
    for (const key of [...ofOneSuite, ...ownSymbols().filter((symbol) => !ofTheRealm.has(symbol))])
      delete globalThis[key];
    defaultMetadataStorage.clear();
    globalThis.console = console;
    process.exit = exit;
    for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
    Object.assign(process.env, env);
  }

  exportConditions() {
    return ['node', 'node-addons'];
  }

  getVmContext() {
    return this.fakeTimersModern ? ownRealm : null;
  }
};
