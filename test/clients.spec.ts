import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSchema, isScalarType, isSpecifiedScalarType } from 'graphql';
import { clientTypesOf, readCodegenConfig } from './support/client-code';

const root = join(__dirname, '..');
const schemaFile = join(root, 'apps', 'api', 'schema.graphql');
const frontEnd = join(root, 'examples', 'front-end');
const run = (cwd: string, script: string, ...args: string[]) =>
  spawnSync(process.execPath, [join(root, 'node_modules', script), ...args], { cwd, encoding: 'utf8' });

describe('the schema', () => {
  const folder = mkdtempSync(join(tmpdir(), 'baton-clients-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const lint = (file: string): unknown[] => {
    const { stdout, stderr } = run(folder, 'graphql-schema-linter/lib/cli.js', '--format', 'json', file);
    expect(stderr).toBe('');
    return (JSON.parse(stdout) as { errors: unknown[] }).errors;
  };
  it('passes every rule of graphql-schema-linter', () => expect(lint(schemaFile)).toEqual([]));
  it('would not with a type that nobody described', () => {
    const file = join(folder, 'bare.graphql');
    writeFileSync(file, readFileSync(schemaFile, 'utf8').replace(/"""[^"]+"""\ntype Accepted /, 'type Accepted '));
    expect(lint(file)).toMatchObject([{ rule: 'types-have-descriptions' }]);
  });

  describe('has scalars that', () => {
    const scalars = Object.values(buildSchema(readFileSync(schemaFile, 'utf8')).getTypeMap())
      .filter(isScalarType)
      .filter((type) => !isSpecifiedScalarType(type));
    it.each(scalars.map((scalar) => [scalar.name, scalar] as const))('say where they are specified: %s', (_, scalar) =>
      expect(scalar.specifiedByURL).toMatch(/^https:\/\/(scalars\.graphql\.org|www\.rfc-editor\.org)\/\S+$/),
    );
    it('have one TypeScript type in the guide and for both generators', () => {
      const rows = readFileSync(join(frontEnd, 'README.md'), 'utf8').matchAll(/^\| `(\w+)` +\| `([^`]+)` +\|/gm);
      const documented = Object.fromEntries([...rows].map(([, name, type]) => [name, type!.replace('\\|', '|')]));
      expect(Object.keys(documented)).toEqual(scalars.map(({ name }) => name).sort());
      const { strictScalars, scalars: generated } = readCodegenConfig(frontEnd).generates['gql/'].config;
      expect({ strictScalars, generated }).toEqual({ strictScalars: true, generated: documented });
      const { requireCustomScalarTypes, customScalarTypes } = relayConfig();
      expect({ requireCustomScalarTypes, customScalarTypes }).toEqual({
        ...{ requireCustomScalarTypes: true, customScalarTypes: documented },
      });
    });
  });

  it('gives the client preset the types of the example, which are compiled strictly with all else', async () => {
    const file = join(frontEnd, 'gql', 'graphql.ts');
    const types = await clientTypesOf(frontEnd);
    if (process.env['UPDATE_CLIENT'] === '1') writeFileSync(file, types);
    expect(types).toBe(readFileSync(file, 'utf8'));
  });
  it('would give none with a scalar that has no type', async () => {
    const config = readCodegenConfig(frontEnd);
    const { SafeInt: _, ...scalars } = config.generates['gql/'].config.scalars;
    const { 'gql/': gql } = config.generates;
    const generates = { 'gql/': { ...gql, config: { ...gql.config, scalars } } };
    await expect(clientTypesOf(frontEnd, { ...config, generates })).rejects.toThrow('SafeInt');
  });

  const relayConfig = () =>
    JSON.parse(readFileSync(join(frontEnd, 'relay.config.json'), 'utf8')) as Record<string, unknown>;
  /** Compiles a page of Relay against the schema. */
  const relay = (list: string) => {
    const src = mkdtempSync(join(folder, 'relay-'));
    cpSync(schemaFile, join(src, 'schema.graphql'));
    writeFileSync(
      join(src, 'page.ts'),
      `import { graphql } from 'relay-runtime';
      graphql\`query pageQuery($after: String) { ...page_leads @arguments(after: $after) revision(stream: "lead-ada") }\`;
      graphql\`fragment page_leads on Query
        @argumentDefinitions(after: { type: "String" }, first: { type: "Int", defaultValue: 20 })
        @refetchable(queryName: "pageLeadsQuery") { ${list} }\`;
      graphql\`mutation pageAcceptMutation($id: ID!, $input: AcceptLeadInput!) {
        acceptLead(commandId: $id, input: $input) { ... on Accepted { position } ... on Refused { code message } } }\`;
      graphql\`subscription pageQueueSubscription($after: String) { handoffQueueChanges(after: $after) { position waiting } }\`;`,
    );
    writeFileSync(join(src, 'relay.json'), JSON.stringify({ ...relayConfig(), schema: './schema.graphql' }));
    return run(src, 'relay-compiler/cli.js', 'relay.json');
  };
  it('is compiled by Relay, with a list that is paged as a connection', () => {
    const list = `leads(first: $first, after: $after) @connection(key: "page_leads") {
      edges { node { leadId stage capturedAt score grade scoredAt } } pageInfo { hasPreviousPage startCursor } }`;
    const { status, stdout, stderr } = relay(list);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('compiling');
  });
  it('is not with a field that it does not have', () =>
    expect(relay('leads(first: 1) { edges { node { nickname } } }')).toMatchObject({
      ...{ status: 1, stderr: expect.stringContaining('has no field `nickname`') as unknown },
    }));
});
