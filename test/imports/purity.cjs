// What a pure file loads when it runs, through all that it imports, for dependency-cruiser (`npm run imports`): in the
// compiled files, where nothing is left of types.
const { options } = require('./rules.cjs');
const { doNotFollow, enhancedResolveOptions } = options;

module.exports = {
  forbidden: [
    {
      name: 'purity',
      comment: 'A pure file, and the index of a context, load no framework, no driver and nothing of the platform.',
      severity: 'error',
      from: {
        path: '\\.(events|decider|rules|projection|read-model|policy|model|fact|figure)\\.js$|^dist/libs/(?!platform/)[^/]+/index\\.js$',
      },
      to: {
        path: 'node_modules/(@nestjs|@apollo|@eventstore|@photostructure|graphql|fastify|mongodb|rxjs|class-validator|class-transformer)/',
        reachable: true,
      },
    },
  ],
  options: { doNotFollow, enhancedResolveOptions },
};
