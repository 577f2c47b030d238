import fc from 'fast-check';

// The same cases on every machine and day; the long run looks for new ones, and prints the seed of what it finds.
if (!process.env['TEST_LONG']) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 20_240_101 });
