import { entityNameOf, field, readModel, type ReadModel } from '@baton/kernel';
import { Kind, parse, type FieldNode, type FragmentDefinitionNode, type OperationDefinitionNode } from 'graphql';
import { askedFields } from './asked-fields';

const deals = readModel({
  ...{ name: 'asked-deals', version: 1, node: 'AskedDeal', description: 'A deal.', key: 'dealId', allow: [] },
  fields: {
    dealId: field.id('Its id.'),
    stage: field.text('Its stage.', { filter: true, sort: true }),
    amount: field.money('What it is worth.', { nullable: true, filter: true }),
    note: field.personal('What was said.', { optional: true }),
    leadId: field.id('Whose it is.', { entity: 'Lead' }),
  },
  computed: { label: { field: field.text('A label.'), value: () => '' } },
  lists: { deals: { description: 'All.', orderBy: 'stage' } },
  keys: () => [],
  on: {},
} as unknown as Parameters<typeof readModel>[0]) as ReadModel;

/** What is asked of `{ deals { … } }`. */
const asked = (selections: string, { readsPersonal = true, rest = '' } = {}) => {
  const { definitions } = parse(`{ deals { ${selections} } } ${rest}`);
  const fragments = Object.fromEntries(
    definitions.flatMap((one) => (one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one]] : [])),
  ) as Record<string, FragmentDefinitionNode>;
  const [operation] = definitions as readonly OperationDefinitionNode[];
  const fieldNodes = operation!.selectionSet.selections as readonly FieldNode[];
  return askedFields(deals, { fieldNodes, fragments }, readsPersonal);
};

it.each<[string, readonly string[]]>([
  ['totalCount pageInfo { endCursor }', []],
  ['nodes { __typename id dealId }', []], // these are the id of the document
  ['nodes { stage }', ['stage']],
  ['edges { cursor node { s: stage } }', ['stage']],
  ['nodes { amount { minor } }', ['amountMinor', 'currency']],
  [`nodes { ${entityNameOf('leadId', field.id('', { entity: 'Lead' }))} { title } }`, ['leadId']],
  ['nodes { stage @skip(if: true) } nodes { note } edges { node { leadId } }', ['stage', 'note', 'leadId']],
  ['... { nodes { ... on Node { id } ... on AskedDeal { stage note } } }', ['stage', 'note']],
])('of { %s } the documents need %j', (selections, fields) => {
  expect(asked(selections)).toEqual(fields);
});

it('follows fragments', () => {
  const rest =
    'fragment Page on X { edges { ...Edge } } fragment Edge on Y { node { ...Node } } fragment Node on Z { stage }';
  expect(asked('...Page', { rest })).toEqual(['stage']);
});

it('leaves personal fields out for who does not see them', () => {
  expect(asked('nodes { stage note }', { readsPersonal: false })).toEqual(['stage']);
});

it.each(['label', 'score'])('%s, which is computed or contributed, needs whole documents', (name) => {
  expect(asked(`nodes { stage ${name} }`)).toBeUndefined();
});
