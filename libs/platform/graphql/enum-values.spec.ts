import { buildSchema, graphqlSync } from 'graphql';
import { withListedEnumValues } from './enum-values';

describe('an unknown word of an enum', () => {
  const schema = withListedEnumValues(
    buildSchema(
      'enum Team { MARKETING SALES } input Touch { team: Team, all: [Team!] } type Query { touch(input: Touch, by: Team): String }',
    ),
  );
  const ask = (source: string, variableValues = {}) =>
    graphqlSync({ schema, source, variableValues, rootValue: { touch: () => 'ok' } });

  it.each([
    ['{ touch(input: { team: marketing }) }', 'team must be one of MARKETING, SALES, not marketing.', 'team'],
    ['{ touch(input: { team: "SALES" }) }', 'team must be one of MARKETING, SALES, not "SALES".', 'team'],
    ['{ touch(input: { all: [SALES, BOTH] }) }', 'all must be one of MARKETING, SALES, not BOTH.', 'all'],
    ['{ touch(by: 1) }', 'by must be one of MARKETING, SALES, not 1.', 'by'],
  ])('in %s is refused with the field and the words there are', (query, message, field) =>
    expect(ask(query).errors?.map((error) => [error.message, error.extensions['field']])).toEqual([[message, field]]),
  );

  it('is refused in a variable too', () => {
    const source = 'query ($input: Touch) { touch(input: $input) }';
    expect(ask(source, { input: { team: 'SALES' } }).data).toEqual({ touch: 'ok' });
    const [error] = ask(source, { input: { team: 'sales' } }).errors!;
    expect(error!.message).toMatch(/"input\.team".* one of MARKETING, SALES, not "sales"\./);
  });
});
