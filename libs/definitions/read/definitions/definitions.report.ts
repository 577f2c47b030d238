import { field, objectFields, Refused, roles } from '@baton/kernel';
import { pageOf } from '@baton/platform/documents';
import { report } from '@baton/platform/report';
import { kindField, type DefinitionDocument } from './definitions.read-model';
import { definitionDifference, definitionInForce, dueReviews, overdueReviews } from './definitions.query';

export const definitionReport = report({
  name: 'definition',
  description: 'One version of a definition: by its number, or the one in force at an instant.',
  allow: roles,
  arguments: {
    kind: kindField,
    number: field.integer('Version number; by default the version in force.', { optional: true, min: 1 }),
    at: field.instant('Instant at which the version is in force; now by default.', { optional: true }),
  },
  answer: field.id('The version.', { entity: 'Definition', nullable: true }),
  ask: async ({ kind, number, at }, { models, at: now }) => {
    if (number === undefined) return (await definitionInForce(models, { kind, at: at ?? now }))?.version ?? null;
    if (at !== undefined) throw new Refused('definition/number-and-at', 'Give number or at, not both.', 'at');
    return `${kind}@${number}`;
  },
});

const version = (which: string) => field.integer(`The version ${which}.`, { min: 1 });
export const differenceReport = report({
  name: 'definitionDifference',
  description: 'What changed between two versions of a definition.',
  allow: roles,
  arguments: { kind: kindField, before: version('to start from'), after: version('to compare with it') },
  answer: field.object(
    objectFields('DefinitionDifference', 'One difference between two versions.', {
      path: field.text('Path in the body, `rules.0.when.medium`; empty for the whole body.'),
      before: field.json('Value before; null where there was none.', { optional: true }),
      after: field.json('Value after; null where there is none.', { optional: true }),
    }),
    'The differences.',
    { list: true },
  ),
  ask: (question, { models }) => definitionDifference(models, question),
});

const reviewArguments = {
  at: field.instant('Instant for which to answer; now by default.', { optional: true }),
  timeZone: field.zone('IANA time zone of the current day; UTC by default.'),
} as const;
const review = objectFields('DefinitionReview', 'A version in force that is to be reviewed.', {
  version: field.id('The version: `mql@3`.', { entity: 'Definition', entityName: 'definition' }),
  kind: kindField,
  number: field.integer('Version number, from 1.'),
  reviewBy: field.day('Day by which both teams review the version.'),
});
const refOf = ({ version: ref }: DefinitionDocument): string => ref;

export const overdueReviewsReport = report({
  name: 'overdueReviews',
  description: 'The definitions in force whose review day has passed, the longest overdue first.',
  ...{ allow: roles, page: true },
  arguments: reviewArguments,
  answer: field.object(review, 'The reviews.'),
  ask: async ({ at, timeZone }, { models, page, at: now }) =>
    pageOf(await overdueReviews(models, { at: at ?? now, timeZone }), page, refOf),
});

export const dueReviewsReport = report({
  name: 'dueReviews',
  description: 'The definitions in force whose review is due within some days or overdue, the earliest day first.',
  ...{ allow: roles, page: true },
  arguments: {
    ...reviewArguments,
    days: field.integer('Number of days ahead, 0 to 366.', { default: 30, min: 0, max: 366 }),
  },
  answer: field.object(review, 'The reviews.'),
  ask: async ({ at, days, timeZone }, { models, page, at: now }) =>
    pageOf(await dueReviews(models, { at: at ?? now, days, timeZone }), page, refOf),
});
