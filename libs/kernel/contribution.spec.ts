import { withContributions, type Contribution } from './contribution';
import { field, type Field } from './fields';
import { computed, filterableFields, readModel, sortableFields } from './read-model';
import { enumeration } from './schema';

const people = readModel({
  ...{ name: 'people', version: 1, node: 'Human', description: 'A person.', key: 'personId', lists: {}, allow: [] },
  fields: { personId: field.id('The id.'), age: field.integer('The age.', { sort: true }) },
  computed: { isOld: computed<object>(field.number('Old.'), () => 1) },
  ...{ keys: () => [], initial: () => ({}), on: {} },
});
const grade = enumeration('ContributedGrade', 'A grade.', { a: 'Best.', b: 'Good.' });
const adding = (fields: Readonly<Record<string, Field>>): Contribution => ({
  ...{ to: people, fields, some: () => undefined, all: () => undefined },
});
const sorted = { nullable: true, filter: true, sort: true } as const;

describe('contributions to a read model', () => {
  it('add fields, filters and orders, and leave it as it is', () => {
    const whole = withContributions(people, [
      adding({ score: field.number('A score.', sorted) }),
      adding({ grade: field.enum(grade, 'A grade.', { nullable: true, filter: true }), at: field.instant('When.') }),
    ]);
    expect(filterableFields(whole)).toEqual(['score', 'grade']);
    expect(sortableFields(whole)).toEqual(['age', 'score']);
    expect(Object.keys(people.shown.fields)).toEqual(['personId', 'age']);
  });
  it.each([
    ['of another contribution', ['score', 'score']],
    ['of the read model', ['age']],
    ['of a computed field of it', ['isOld']],
  ])('cannot take the name %s', (_, names) => {
    const contributions = names.map((name) => adding({ [name]: field.number('A number.', sorted) }));
    expect(() => withContributions(people, contributions)).toThrow(`fields of Human are called ${names.at(-1)}`);
  });
  it('cannot be filtered or ordered by what is no number and no enumeration', () => {
    const word = (options: object) => [adding({ word: field.text('A word.', options) })];
    for (const options of [{ filter: true }, { sort: true }])
      expect(() => withContributions(people, word(options))).toThrow('cannot be filtered or ordered by word');
    expect(() => withContributions(people, word({}))).not.toThrow();
  });
});
