import { Inject, type Type } from '@nestjs/common';
import {
  Args,
  Field as GraphqlField,
  Float,
  ID,
  InputType,
  Int,
  ObjectType,
  Parent,
  registerEnumType,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import {
  Clock,
  filterableFields,
  Journal,
  type ClosedJournal,
  sortableFields,
  spellingKeyOf,
  withContributions,
  type Aggregation,
  type Field,
  type ListShape,
  type ReadModel,
  type Where,
} from '@baton/kernel';
import { GraphQLBoolean, GraphQLString } from 'graphql';
import { readsPersonal } from '../access';
import {
  ReadModels,
  readPage,
  referenceInstantOf,
  walkInstantOf,
  type AsOf,
  type Connection,
  type PageQuestion,
} from '../documents';
import { checkArguments } from '../arguments';
import { askedFields } from './asked-fields';
import { contributedModels, listZoneArgument, openList, type ListQuestion, type ListSource } from '../lists';
import type { Asked } from './caller';
import { connectionOf, pageArguments, type QueryArgument } from './connection';
import { addQuery, readArguments } from './queries';
import { wordOf } from './enums';
import { ValueFilterInput } from './filters';
import { argumentsOfFields, classNamed, nodeOf, nodeTypes, valueTypeOf, type ShownNode } from './object-types';
import { DayOrInstantScalar, DayScalar, SafeIntScalar } from './scalars';

type InputFields = Readonly<Record<string, readonly [unknown, string]>>;
const inputs = new Map<string, { readonly description: string; readonly type: Type<object> }>();
/** An input type of optional fields, made once. @throws Error when two of different kinds have one name */
const inputType = (name: string, description: string, fields: () => InputFields): Type<object> => {
  const known = inputs.get(name);
  if (known && known.description !== description) throw new Error(`two filters are called ${name}`);
  if (known) return known.type;
  const type = classNamed(name);
  inputs.set(name, { description, type });
  for (const [field, [of, text]] of Object.entries(fields()))
    GraphqlField(() => of as typeof String, { nullable: true, description: text })(type.prototype as object, field);
  InputType(name, { description })(type);
  return type;
};

const NONE: InputFields = {
  none: [GraphQLBoolean, 'With true rows without a value too, alone only those; with false never.'],
};
const valuesFilter = (name: string, of: unknown): Type<object> =>
  inputType(name, 'Filters by a value that a row has or lacks. An empty filter matches everything.', () => ({
    in: [[of], 'One of these values, at most 100. An empty list matches nothing.'],
    notIn: [[of], 'None of these values, at most 100. Rows without a value match, unless `none` is false.'],
    ...NONE,
  }));
const itemsFilter = (name: string, of: unknown): Type<object> =>
  inputType(`${name}ListFilter`, 'Filters by the values of a list. An empty filter matches everything.', () => ({
    any: [[of], 'At least one of these values is in it, at most 100. An empty list matches nothing.'],
    all: [[of], 'Each of these values is in it, at most 100.'],
  }));
const periodFilter = (name: string, of: unknown, what: string): Type<object> =>
  inputType(name, `Filters by ${what}. An empty filter matches everything.`, () => ({
    from: [of, 'On or after this.'],
    to: [of, 'Before this.'],
    ...NONE,
  }));
const numberFilter = (name: string, of: unknown, what: string, more: InputFields = {}): Type<object> =>
  inputType(name, `Filters by ${what}. An empty filter matches everything.`, () => ({
    min: [of, 'This or more.'],
    max: [of, 'This or less.'],
    ...more,
    ...NONE,
  }));

/** The input type of the filter of a field: one form for each kind. */
const filterTypeOf = (field: Field): unknown => {
  const { kind, enumeration, options } = field;
  if (options.list) return itemsFilter(enumeration?.name ?? (kind === 'id' ? 'Id' : 'Text'), valueTypeOf(field));
  if (enumeration) return valuesFilter(`${enumeration.name}Filter`, valueTypeOf(field));
  switch (kind) {
    case 'id':
      return valuesFilter('IdFilter', ID);
    case 'text':
      return ValueFilterInput;
    case 'instant':
      return periodFilter(
        'InstantFilter',
        DayOrInstantScalar,
        'an instant: days are those of the time zone of the query',
      );
    case 'day':
      return periodFilter('DayFilter', DayScalar, 'a calendar day');
    case 'integer':
    case 'largeInteger':
      return numberFilter('IntegerFilter', SafeIntScalar, 'a whole number');
    case 'number':
      return numberFilter('NumberFilter', Float, 'a number');
    case 'money':
      return numberFilter('MoneyFilter', SafeIntScalar, 'an amount, in minor units', {
        currency: [GraphQLString, 'ISO 4217 code: only amounts in this currency. Required with `min` or `max`.'],
      });
    default:
      return kind === 'flag' ? GraphQLBoolean : GraphQLString;
  }
};

/** @param model with what is contributed to it */
const filterOf = (model: ReadModel): Type<object> =>
  inputType(`${model.shown.node}Filter`, `Filters ${model.shown.node} nodes: all given fields must match.`, () =>
    Object.fromEntries(
      filterableFields(model).map((name) => {
        const field = model.shown.fields[name]!;
        const { search, anySpelling } = field.options;
        const personal = search ? ' All its words must match. Requires a role with access to personal data.' : '';
        const spelling = anySpelling ? ' Case and spacing are ignored.' : '';
        return [name, [filterTypeOf(field), `${field.description}${personal}${spelling}`]];
      }),
    ),
  );

/** The GraphQL name of a field in an enum: `openedAt` is OPENED_AT. */
const nameOf = (name: string): string => name.replaceAll(/([A-Z])/g, '_$1').toUpperCase();
const DIRECTIONS = { ASC: 'ASC', DESC: 'DESC' } as const;
registerEnumType(DIRECTIONS, {
  name: 'OrderDirection',
  description: 'Direction of an order.',
  valuesMap: {
    ASC: { description: 'The smallest first; rows without a value come first.' },
    DESC: { description: 'The largest first; rows without a value come last.' },
  },
});
/** An enum of field names. */
const fieldEnum = (name: string, description: string, fields: readonly string[], model: ReadModel): object => {
  const { fields: own, computed = {} } = model.shown;
  const words = Object.fromEntries(fields.map((field) => [nameOf(field), field]));
  const textOf = (field: string) => (own[field] ?? computed[field]!.field).description;
  registerEnumType(words, {
    name,
    description,
    valuesMap: Object.fromEntries(fields.map((field) => [nameOf(field), { description: textOf(field) }])),
  });
  return words;
};
const orderOf = (model: ReadModel, fields: readonly string[]): Type<object> => {
  const { node } = model.shown;
  const of = fieldEnum(`${node}OrderField`, `The fields that ${node} nodes can be ordered by.`, fields, model);
  const type = classNamed(`${node}Order`);
  GraphqlField(() => of, { description: 'The field.' })(type.prototype as object, 'field');
  GraphqlField(() => DIRECTIONS, { defaultValue: 'ASC', description: 'The direction.' })(
    type.prototype as object,
    'direction',
  );
  InputType(`${node}Order`, { description: `An order of ${node} nodes; ties are broken by the id.` })(type);
  return type;
};

/** Some fields have a value of their own in every document. */
const MAX_FACET_VALUES = 100;

@ObjectType('FacetValue', { description: 'A value of a field with the number of nodes that have it.' })
class FacetValueType {
  @GraphqlField(() => String, {
    nullable: true,
    description: 'The value as filters take it; null for nodes without one.',
  })
  value!: string | null;
  @GraphqlField(() => Int, { description: 'The number of nodes.' })
  count!: number;
}
@ObjectType('Facet', { description: 'The values of one field in a list.' })
class FacetType {
  @GraphqlField(() => String, { description: 'The field.' })
  field!: string;
  @GraphqlField(() => [FacetValueType], {
    description: `Its values, the most frequent first; at most ${MAX_FACET_VALUES}.`,
  })
  values!: readonly FacetValueType[];
  @GraphqlField(() => Int, { description: 'The number of its different values, with those beyond that.' })
  distinct!: number;
}

interface PagedQuestion extends PageQuestion, ListQuestion {
  readonly asOf?: AsOf;
  readonly atLeast?: string;
}
const QUESTION = Symbol('question');
/** What a connection was asked, for its facets. */
interface AskedConnection extends Connection<ShownNode> {
  readonly [QUESTION]: {
    readonly whereWithout: (field?: string) => Promise<Where>;
    /** Where conditions and groups by these fields are answered. */
    readonly sourceFor: (fields: readonly string[]) => Promise<ListSource>;
  };
}
const listArguments = (
  { arguments: own = {} }: ListShape,
  filter: Type<object> | undefined,
  order: Type<object> | undefined,
): readonly QueryArgument[] => [
  ...argumentsOfFields(own),
  ...pageArguments,
  ...(filter ? [['filter', filter, 'Only nodes that match.'] as const] : []),
  ...(order ? [['orderBy', order, 'The order, instead of that of the list.'] as const] : []),
  ...argumentsOfFields(listZoneArgument),
  ...readArguments,
];

const made = new Map<ReadModel, Type<unknown>>();
/** The queries of a read model, made once: one document by its id, and each of its lists. */
export const listsOf = (model: ReadModel): Type<unknown> => {
  const known = made.get(model) ?? makeLists(model);
  made.set(model, known);
  return known;
};

const makeLists = (model: ReadModel): Type<unknown> => {
  const contributions = nodeTypes.contributionsTo(model);
  const whole = withContributions(model, contributions);
  const contributed = contributions.flatMap(({ fields }) => Object.keys(fields));
  const { node, one, lists, allow, key, fields } = whole.shown;
  const type = nodeTypes.of(model);
  const Page = connectionOf(node, type);
  const [sortable, filterable] = [sortableFields(whole), filterableFields(whole)];
  const filter = filterable.length > 0 ? filterOf(whole) : undefined;
  const order = sortable.length > 0 ? orderOf(whole, sortable) : undefined;
  const countable = filterable.filter(
    (name) => ['text', 'enum', 'flag'].includes(fields[name]!.kind) && !fields[name]!.options.list,
  );
  const Facets =
    countable.length > 0
      ? fieldEnum(`${node}Facet`, `The fields of ${node} nodes whose values can be counted.`, countable, whole)
      : undefined;

  @Resolver(() => Page)
  class Lists {
    constructor(
      @Inject(ReadModels) readonly models: ReadModels,
      @Inject(Journal) readonly journal: ClosedJournal,
      @Inject(Clock) readonly clock: Clock,
    ) {}

    async list(list: ListShape, { question, caller, reads, info }: Asked): Promise<AskedConnection> {
      const { asOf: cut, first, after, last, before, atLeast: _, ...asked } = question as PagedQuestion;
      const now = referenceInstantOf(cut, this.clock);
      const models = this.models.asOf(cut);
      const seesPeople = readsPersonal(caller);
      const sources = { models, journal: () => this.journal, at: now, readsPersonal: seesPeople };
      const { whereWithout, orderBy, findsPeople } = await openList(whole, list, asked, sources);
      const page = { first, after, last, before };
      const at = contributed.length > 0 ? walkInstantOf(page, now) : now;
      let all: Promise<ListSource> | undefined;
      const sourceFor = async (fields: readonly string[]): Promise<ListSource> =>
        contributed.some((name) => fields.includes(name))
          ? (all ??= contributedModels(models, contributions, at))
          : models;
      const where = await whereWithout();
      const source = await sourceFor([...Object.keys(where), asked.orderBy?.field ?? '']);
      const fields = askedFields(model, info, seesPeople);
      const connection = await readPage(
        source,
        model,
        // What contexts contribute may be computed of whole documents.
        { ...page, where, ...(source === models ? { fields } : { at }), orderBy },
        (doc: object, id, values) => nodeOf(model, id, doc, now, cut, values),
      );
      if (findsPeople) await reads.recordShown(connection.nodes.map((node) => node[key] as string));
      return { ...connection, [QUESTION]: { whereWithout, sourceFor } };
    }

    async facets(connection: AskedConnection, wanted: readonly string[]): Promise<FacetType[]> {
      const { whereWithout, sourceFor } = connection[QUESTION];
      return Promise.all(
        [...new Set(wanted)].map(async (field) => {
          const { anySpelling } = fields[field]!.options;
          // Spellings count as one value; where the field has a column too, the spelling that sorts first is shown.
          const spelling: Aggregation['measures'] =
            anySpelling && field in model.columns ? { spelling: { min: field } } : {};
          const where = await whereWithout(field);
          const source = await sourceFor([...Object.keys(where), field]);
          const groups = await source.aggregate(model, {
            where,
            by: [anySpelling ? spellingKeyOf(field) : field],
            measures: { count: 'count', ...spelling },
          });
          const textOf = fields[field]!.enumeration ? (value: unknown) => wordOf(String(value)) : String;
          const values = groups.map(({ keys: [key], values: { count, spelling: value = key } }) => ({
            value: value === null || value === undefined ? null : textOf(value),
            count: count as number,
          }));
          return {
            field: nameOf(field),
            values: values
              .sort((a, b) => b.count - a.count || ((a.value ?? '') < (b.value ?? '') ? -1 : 1))
              .slice(0, MAX_FACET_VALUES),
            distinct: values.length,
          };
        }),
      );
    }
  }
  Object.defineProperty(Lists, 'name', { value: `${node}Lists` });
  const target = Lists.prototype as unknown as Record<string, unknown>;
  if (one)
    addQuery(
      target,
      one.name,
      { type: () => type, nullable: true, description: one.description, allow },
      [[key, ID, fields[key]!.description, true], ...readArguments],
      async function (this: Lists, { question }: Asked) {
        checkArguments({ [key]: fields[key]! }, question);
        const [id, cut] = [question[key] as string, question['asOf'] as AsOf | undefined];
        const doc = await this.models.asOf(cut).get(model, id);
        return doc ? nodeOf(model, id, doc, referenceInstantOf(cut, this.clock), cut) : null;
      } as never,
    );
  for (const [name, list] of Object.entries(lists))
    addQuery(
      target,
      name,
      { type: () => Page, description: list.description, allow, contributed },
      listArguments(list, filter, order),
      function (this: Lists, asked: Asked) {
        return this.list(list, asked);
      } as never,
    );
  if (Facets) {
    Parent()(target, 'facets', 0);
    Args('fields', { type: () => [Facets], description: 'The fields to count.' })(target, 'facets', 1);
    Reflect.defineMetadata('design:paramtypes', [Object, Object], target, 'facets');
    ResolveField('facets', () => [FacetType], {
      description: 'The values of some fields with their counts. The filter of the field itself is left out.',
    })(target, 'facets', Object.getOwnPropertyDescriptor(target, 'facets')!);
  }
  return Lists;
};
