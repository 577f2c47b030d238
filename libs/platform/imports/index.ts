export { latestRun } from './import.decider';
export { ToImport } from './import.events';
export { imports, openImports, type ImportDocument } from './imports.read-model';
export { importsParts } from './imports.module';
