import {
  getNullableType,
  isInputObjectType,
  isNonNullType,
  type GraphQLArgument,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { roles } from '@baton/kernel';
import { Served, temporaryFolder } from './support/baton';
import { FixedClock } from '@baton/kernel/testing';
import { documentOf, isOptional, neededBy, sample, type Values } from './support/sample-operations';

const FAULT = expect.stringMatching(/^(internal|graphql)\//) as string;

describe('null', () => {
  const folder = temporaryFolder();
  let served: Served;
  let schema: GraphQLSchema;
  let commands = 0;
  beforeAll(async () => {
    served = await Served.start(folder, [], new FixedClock());
    ({ schema } = served.app.get(GraphQLSchemaHost));
    for (const said of [
      'captureLead(commandId: "c", input: { leadId: "ada", company: "Example" })',
      'openOpportunity(commandId: "o", input: { opportunityId: "ada", product: "P" })',
      'openOpportunity(commandId: "p", input: { opportunityId: "bob", owner: "ann" })',
      'winOpportunity(commandId: "w", input: { opportunityId: "bob" })',
    ])
      await served.ask(`mutation { ${said} { __typename } }`, roles);
    await served.settle();
  });
  afterAll(() => served.stop());

  const ask = async (
    kind: 'query' | 'mutation',
    field: string,
    args: readonly GraphQLArgument[],
    given: Values,
    type: GraphQLOutputType,
  ) => {
    const document = documentOf(kind, field, args, given, type);
    const variables = { ...given, ...(kind === 'mutation' && { commandId: `null-${commands++}` }) };
    const { data, errors } = await served.ask(document, roles, variables);
    const failed = errors?.map(({ message, extensions: { code, field: at } }) => ({ message, code, at }));
    return { data, failed };
  };

  it('is a row of a report, which lists the deals without a value', async () => {
    const columns = { owner: 'owner', product: 'product', recordSource: 'source' } as const;
    const codes = 'codes: [OPEN_DEALS, WON_DEALS, LOST_DEALS]';
    type Figures = readonly {
      total: { value: string }[];
      groups: { key: string | null; values: { value: string }[] }[];
    }[];
    for (const [dimension, column] of Object.entries(columns)) {
      const by = dimension.toUpperCase();
      const figures = `{ figures(${codes}, by: ${by}) { figures { groups { key values { value } } } } }`;
      const { data } = await served.ask<{ figures: { figures: Figures } }>(figures, roles);
      const keys = [...new Set(data.figures.figures.flatMap(({ groups }) => groups.map(({ key }) => key)))];
      expect(keys).toContain(null);
      for (const key of keys) {
        const counts = data.figures.figures.map(({ groups }) =>
          Number(groups.find((group) => group.key === key)?.values[0]!.value ?? 0),
        );
        const filter = key === null ? { none: true } : { in: [key] };
        const list = `query($filter: TextFilter) {
          opportunities(filter: { ${column}: $filter }) { totalCount }
          figures(${codes}, ${dimension}: $filter) { figures { total { value } } } }`;
        const { data: found } = await served.ask<{ opportunities: object; figures: { figures: Figures } }>(
          list,
          roles,
          {
            filter,
          },
        );
        expect(found.opportunities).toEqual({ totalCount: counts.reduce((sum, one) => sum + one) });
        expect(found.figures.figures.map(({ total }) => Number(total[0]!.value))).toEqual(counts);
      }
    }
    const either = 'opportunities(filter: { owner: { in: ["ann"], none: true } }) { totalCount }';
    expect((await served.ask(`{ ${either} }`, roles)).data).toEqual({ opportunities: { totalCount: 2 } });
  });

  it('is the same as absent in every optional argument of every query, alone and together', async () => {
    for (const field of Object.values(schema.getQueryType()!.getFields())) {
      const needed = neededBy(field);
      const optional = field.args.filter(isOptional);
      const without = await ask('query', field.name, field.args, needed, field.type);
      for (const { code } of without.failed ?? []) expect([field.name, code]).not.toEqual([field.name, FAULT]);
      const nulls = [...optional.map((arg) => [arg]), ...(optional.length > 1 ? [optional] : [])];
      for (const some of nulls) {
        const given = { ...needed, ...Object.fromEntries(some.map(({ name }) => [name, null])) };
        expect([field.name, some.map(String), await ask('query', field.name, field.args, given, field.type)]).toEqual([
          field.name,
          some.map(String),
          without,
        ]);
      }
      // Empty and absent inputs are the same, and their fields are optional arguments too.
      for (const arg of optional) {
        const input = getNullableType(arg.type);
        if (!isInputObjectType(input) || Object.values(input.getFields()).some(({ type }) => isNonNullType(type)))
          continue;
        const all = Object.fromEntries(Object.keys(input.getFields()).map((name) => [name, null]));
        const given = { ...needed, [arg.name]: all };
        const empty = { ...needed, [arg.name]: {} };
        expect([field.name, arg.name, await ask('query', field.name, field.args, given, field.type)]).toEqual([
          field.name,
          arg.name,
          await ask('query', field.name, field.args, empty, field.type),
        ]);
      }
    }
  });

  it('is the same as absent in every optional argument and field of every mutation, alone and together', async () => {
    const { sendCommands: _together, ...mutations } = schema.getMutationType()!.getFields();
    for (const field of Object.values(mutations)) {
      const input = field.args.find(({ name }) => name === 'input')!;
      const fields = Object.values((getNullableType(input.type) as GraphQLInputObjectType).getFields());
      const needed = { commandId: 'x', input: sample(input.type) as Values };
      const send = (more: Values, nulls: readonly string[] = []) => {
        const data = { ...needed.input, ...Object.fromEntries(nulls.map((name) => [name, null])) };
        return ask('mutation', field.name, field.args, { ...needed, ...more, input: data }, field.type);
      };
      await send({}); // the first may change what the next ones find
      const without = await send({});
      expect([field.name, without.failed]).toEqual([field.name, undefined]);
      const optional = fields.filter(isOptional).map(({ name }) => name);
      for (const some of [...optional.map((name) => [name]), optional])
        expect([field.name, some, await send({}, some)]).toEqual([field.name, some, without]);
      for (const { name } of field.args.filter(isOptional))
        expect([field.name, name, await send({ [name]: null })]).toEqual([field.name, name, without]);
    }
  });

  it('is absent in every optional argument and field of commands that are sent together', async () => {
    const { sendCommands } = schema.getMutationType()!.getFields();
    const commands = Object.values((schema.getType('CommandInput') as GraphQLInputObjectType).getFields());
    const nullsOf = (type: GraphQLInputType) =>
      Object.fromEntries(
        Object.values((getNullableType(type) as GraphQLInputObjectType).getFields())
          .filter(isOptional)
          .map(({ name }) => [name, null]),
      );
    const send = (withNulls: boolean) => {
      const all = commands.map(({ name, type }) => {
        const given = sample(type) as { input: Values };
        if (!withNulls) return { [name]: given };
        const { input } = (type as GraphQLInputObjectType).getFields();
        return { [name]: { ...given, ...nullsOf(type), input: { ...given.input, ...nullsOf(input!.type) } } };
      });
      return ask('mutation', 'sendCommands', sendCommands!.args, { commandId: 'x', commands: all }, sendCommands!.type);
    };
    await send(false); // the first may change what the next ones find
    const without = await send(false);
    expect(without.failed).toBeUndefined();
    expect(await send(true)).toEqual(without);
  });
});
