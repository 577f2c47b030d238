import { NotFound, zoneOf, type Instant } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import { differencesBetween, inForceAt, type Difference } from '../../write/definition/versions.rules';
import { definitions, type DefinitionDocument } from './definitions.read-model';
import { reviewsDueWithin } from './reviews.rules';

/** Every version of one kind, or of all, by kind and number. */
export const listDefinitions = async (
  models: ReadModels,
  { kind }: { readonly kind?: string } = {},
): Promise<DefinitionDocument[]> => {
  const versions: DefinitionDocument[] = [];
  const order = [{ column: 'kind' }, { column: 'number' }];
  for await (const page of models.pages(definitions, kind === undefined ? {} : { kind: { eq: kind } }, order))
    versions.push(...page.map(({ doc }) => doc));
  return versions;
};

/** One version, or undefined. */
export const getDefinition = (
  models: ReadModels,
  { kind, number }: { readonly kind: string; readonly number: number },
): Promise<DefinitionDocument | undefined> => models.get(definitions, `${kind}@${number}`);

/** The version of a kind that is in force at an instant, or undefined. */
export const definitionInForce = async (
  models: ReadModels,
  { kind, at }: { readonly kind: string; readonly at: Instant },
): Promise<DefinitionDocument | undefined> => inForceAt(await listDefinitions(models, { kind }), at);

/**
 * What changed between two versions of a kind.
 * @throws NotFound `definition/unknown-version`
 */
export const definitionDifference = async (
  models: ReadModels,
  { kind, before, after }: { readonly kind: string; readonly before: number; readonly after: number },
): Promise<readonly Difference[]> => {
  const [one, other] = await Promise.all(
    [before, after].map(async (number) => {
      const version = await getDefinition(models, { kind, number });
      if (!version) throw new NotFound('definition/unknown-version', `There is no version ${kind}@${number}.`);
      return version;
    }),
  );
  return differencesBetween(one!.body, other!.body);
};

/** The versions in force at an instant whose review day has passed by then, the longest overdue first. */
export const overdueReviews = async (
  models: ReadModels,
  { at, timeZone }: { readonly at: Instant; readonly timeZone?: string | undefined },
): Promise<DefinitionDocument[]> => reviewsDueWithin(await listDefinitions(models), at, -1, zoneOf(timeZone));

/** The versions in force at an instant whose review is due within so many days or overdue, the earliest day first. */
export const dueReviews = async (
  models: ReadModels,
  { at, days, timeZone }: { readonly at: Instant; readonly days: number; readonly timeZone?: string | undefined },
): Promise<DefinitionDocument[]> => reviewsDueWithin(await listDefinitions(models), at, days, zoneOf(timeZone));
