// `baton import` that has loaded its modules and waits for a line, so that what is killed is the import.
// node crash-import.js <compiled import command> <mapping> <file>
const [module_, mapping, file] = process.argv.slice(2);
const { writeSync } = require('node:fs');
require('reflect-metadata');
const { ImportCommand } = require(module_);

writeSync(1, 'ready\n');
process.stdin.once('data', () => void new ImportCommand().run([mapping, file], { json: true }));
