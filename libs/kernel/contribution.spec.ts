import { withContributions, type Contribution } from './contribution';
import { enumField, idField, instantField, integerField, numberField, textField, type Field } from './fields';
import { computed, filterableFields, readModel, sortableFields } from './read-model';
import { enumeration } from './schema';

const people = readModel({
  ...{ name: 'people', version: 1, node: 'Human', description: 'A person.', key: 'personId', lists: {}, allow: [] },
  fields: { personId: idField('The id.'), age: integerField('The age.', { sort: true }) },
  computed: { isOld: computed<object>(numberField('Old.'), () => 1) },
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
      adding({ score: numberField('A score.', sorted) }),
      adding({ grade: enumField(grade, 'A grade.', { nullable: true, filter: true }), at: instantField('When.') }),
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
    const contributions = names.map((name) => adding({ [name]: numberField('A number.', sorted) }));
    expect(() => withContributions(people, contributions)).toThrow(`fields of Human are called ${names.at(-1)}`);
  });
  it('cannot be filtered or ordered by what is no number and no enumeration', () => {
    const word = (options: object) => [adding({ word: textField('A word.', options) })];
    for (const options of [{ filter: true }, { sort: true }])
      expect(() => withContributions(people, word(options))).toThrow('cannot be filtered or ordered by word');
    expect(() => withContributions(people, word({}))).not.toThrow();
  });
});
