// `baton import` that has loaded its modules and waits for a line, so that what is killed is the import.
// node crash-import.js <compiled import command> <mapping> <file>
const [module_, mapping, file] = process.argv.slice(2);
const { writeSync } = require('node:fs');
const { dirname, join } = require('node:path');
require('reflect-metadata');
const { command } = require(module_);
const { terminal } = require(join(dirname(module_), 'terminal.js'));

writeSync(1, 'ready\n');
const importing = async () => {
  await command.run([mapping, file], { json: true, outageLimit: 15 });
  process.exitCode = terminal().exitCode;
};
process.stdin.once('data', () => void importing());
