export { latestRun } from './import.decider';
export { ToImport } from './import.events';
export { ImportsModule, importsParts } from './imports.module';
