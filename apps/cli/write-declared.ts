import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { DECLARED_FILE, declaredInContexts } from './declared';

/** The compiled file that exports a declaration. */
const fileOf = (declaration: object): string | undefined =>
  Object.values(require.cache)
    .filter((loaded) => loaded !== undefined && /\.(report|read-model|contribution)\.js$/.test(loaded.filename))
    .find((loaded) => Object.values(loaded!.exports as object).includes(declaration))?.filename;

writeFileSync(
  DECLARED_FILE,
  JSON.stringify(
    declaredInContexts((declaration) => {
      const file = fileOf(declaration);
      return file === undefined ? undefined : relative(__dirname, file);
    }),
  ),
);
