import { entityNameOf, isPersonalField, type ReadModel } from '@baton/kernel';
import { Kind, type FieldNode, type GraphQLResolveInfo, type SelectionSetNode } from 'graphql';

type Fragments = GraphQLResolveInfo['fragments'];

/** The fields of selections, those of their fragments among them, whatever `@skip` and `@include` say. */
const fieldsIn = (nodes: readonly FieldNode[], fragments: Fragments): readonly FieldNode[] => {
  const found: FieldNode[] = [];
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections)
      if (selection.kind === Kind.FIELD) found.push(selection);
      else
        collect((selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments[selection.name.value]!).selectionSet);
  };
  for (const { selectionSet } of nodes) if (selectionSet) collect(selectionSet);
  return found;
};
const named = (name: string, nodes: readonly FieldNode[]): readonly FieldNode[] =>
  nodes.filter((node) => node.name.value === name);

interface Source {
  /** The fields of the document. */
  readonly fields: readonly string[];
  readonly isPersonal: boolean;
}
const NOTHING: Source = { fields: [], isPersonal: false };
const known = new WeakMap<ReadModel, ReadonlyMap<string, Source>>();
/** What fields of a node are read from; one that is computed, or contributed, is read from the whole document. */
const sourcesOf = (model: ReadModel): ReadonlyMap<string, Source> => {
  const before = known.get(model);
  if (before) return before;
  const sources = new Map([
    ['id', NOTHING],
    ['__typename', NOTHING],
  ]);
  for (const [name, field] of Object.entries(model.shown.fields)) {
    const { list, hidden, entity, page } = field.options;
    if (page) continue;
    const isMoney = field.kind === 'money' && !list;
    const fields = name === model.shown.key ? [] : isMoney ? [`${name}Minor`, 'currency'] : [name];
    const source = { fields, isPersonal: isPersonalField(field) };
    if (!hidden) sources.set(name, source);
    if (entity) sources.set(entityNameOf(name, field), source);
  }
  known.set(model, sources);
  return sources;
};

/**
 * The fields of documents that the nodes of a page are read from.
 * @param readsPersonal whether the caller sees values of people: to others they are null, whatever the document has
 * @returns undefined for all of them
 */
export const askedFields = (
  model: ReadModel,
  { fieldNodes, fragments }: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>,
  readsPersonal: boolean,
): readonly string[] | undefined => {
  const sources = sourcesOf(model);
  const ofPage = fieldsIn(fieldNodes, fragments);
  const nodes = [...named('nodes', ofPage), ...named('node', fieldsIn(named('edges', ofPage), fragments))];
  const needed = new Set<string>();
  for (const { name } of fieldsIn(nodes, fragments)) {
    const source = sources.get(name.value);
    if (!source) return undefined;
    if (readsPersonal || !source.isPersonal) for (const field of source.fields) needed.add(field);
  }
  return [...needed];
};
