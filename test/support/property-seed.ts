import fc from 'fast-check';

// The same cases on every machine and day; the long run uses new ones, and prints the seed of a failure.
if (!process.env['TEST_LONG']) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 20_240_101 });
