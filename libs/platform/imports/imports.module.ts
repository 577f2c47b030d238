import { aggregate, type ContextParts } from '@baton/kernel';
import { importDecider } from './import.decider';
import { ToImport } from './import.events';
import { imports } from './imports.read-model';

/** Imports of files and their results. */
export const importsParts: ContextParts = {
  name: 'imports',
  aggregates: [aggregate(ToImport, importDecider)],
  projections: [imports],
  policies: [],
};
