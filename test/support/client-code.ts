import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codegen } from '@graphql-codegen/core';
import { preset } from '@graphql-codegen/client-preset';
import { buildASTSchema, parse } from 'graphql';

/** The part of a configuration of GraphQL Code Generator that is used here. */
interface CodegenConfig {
  readonly schema: string;
  readonly documents: string;
  readonly generates: {
    readonly 'gql/': {
      readonly presetConfig: object;
      readonly config: { readonly strictScalars: boolean; readonly scalars: Readonly<Record<string, string>> };
    };
  };
}
export const readCodegenConfig = (folder: string): CodegenConfig =>
  JSON.parse(readFileSync(join(folder, 'codegen.json'), 'utf8')) as CodegenConfig;

/**
 * The types that `graphql-codegen --config codegen.json` would make in a folder, without its command line, which does not
 * run on every release of Node that Baton runs on.
 * @returns the text of `gql/graphql.ts`
 */
export const clientTypesOf = async (folder: string, { schema, documents, generates } = readCodegenConfig(folder)) => {
  const ast = parse(readFileSync(join(folder, schema), 'utf8'));
  const rawSDL = readFileSync(join(folder, documents), 'utf8');
  const [types] = await preset.buildGeneratesSection({
    ...generates['gql/'],
    ...{ baseOutputDir: 'gql/', plugins: [], pluginMap: {} },
    ...{ schema: ast, schemaAst: buildASTSchema(ast) },
    documents: [{ location: documents, document: parse(rawSDL), rawSDL }],
  } as unknown as Parameters<typeof preset.buildGeneratesSection>[0]);
  return codegen(types!);
};
