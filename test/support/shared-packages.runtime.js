/** Loads packages once for each worker, by Node's own `require`; our own modules once for each suite, by Jest. */
const { createRequire, isBuiltin } = require('node:module');
const { default: Runtime } = require('jest-runtime');

/** They list what has been declared with their decorators, and a suite declares anew. */
const perSuite = new Set(['@nestjs/graphql', '@nestjs/apollo']);
const packageOf = (name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/');
const isPackage = (name) => /^(@(?!baton|jest)[a-z-]+\/)?[a-z]/.test(name) && !isBuiltin(name);

module.exports = class SharedPackagesRuntime extends Runtime {
  requireModuleOrMock(from, name) {
    // A module of its own, that Node itself loads as its users do.
    if (name.endsWith('.mjs')) return createRequire(from)(name);
    if (!isPackage(name) || perSuite.has(packageOf(name))) return super.requireModuleOrMock(from, name);
    return createRequire(from)(name);
  }
};
