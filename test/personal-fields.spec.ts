import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogueOf, eventsOf } from '@baton/kernel';
import { accessParts } from '@baton/platform/access';
import { contextParts } from '../apps/contexts';

/**
 * Why a text that anybody may write, or JSON, is not personal data of a lead, by the names of fields (`owner`), or of one
 * field of one event (`MessageQueued.data`).
 */
const notPersonal: Readonly<Record<string, readonly string[]>> = {
  'one of our own people': [
    ...['rep', 'owner', 'approver', 'taker', 'becomes.rep', 'stage.rep', 'standings[].rep', 'profile.owner', 'notify'],
    ...['moments[].notify', 'OpportunityOwnerChanged.from', 'OpportunityOwnerChanged.to', 'MessageQueued.to'],
    ...['manager', 'notAtWork[]', 'DirectoryEntrySet.personId', 'DirectoryEntryErased.personId'],
  ],
  'an id that Baton made': [
    ...['startedBy', 'by', 'touch', 'touchId', 'takenBack', 'choice', 'position', 'removed[]', 'receipt', 'file'],
    ...['touches[].id', 'touches[].touchId', 'visits[].id', 'added[].touchId', 'changed[].touchId'],
  ],
  'a code that both teams or a definition agreed on': [
    ...['kind', 'value', 'calendarCode', 'grade', 'rule', 'template', 'code', 'timeZone', 'lookback', 'rows[].key'],
    ...['OpportunityStageChanged.from', 'OpportunityStageChanged.to', 'stage', 'LeadRejected.reason', 'cleared[]'],
  ],
  'what was said in codes, normalised, and counted by them': [
    ...['objections[]', 'competitors[]', 'questions[]', 'messages[]', 'content[]'],
  ],
  'about the teams of a company': ['DirectoryEntrySet.team'],
  'about marketing and its work': ['channel', 'source', 'medium', 'campaign', 'content', 'name', 'what', 'outcome'],
  'about a company or a product': [
    ...['industry', 'product', 'profile.company', 'profile.industry', 'profile.country', 'profile.region'],
  ],
  'copied from another event, which addresses were removed from': [
    ...['profile.title', 'profile.source', 'touches[].role', 'added[].role', 'changed[].role'],
  ],
  'part of the proof of the log': ['hash', 'root', 'places', 'LogHeadSigned.note', 'verifierKey'],
  'notes of our own people, which name no leads': [
    'notes',
    'FeedbackWithdrawn.reason',
    'DefinitionProposed.reason',
    'DefinitionRetired.reason',
  ],
  'what both teams agreed on': ['DefinitionProposed.body'],
  'of access itself: operations of the schema, ids of people, and reasons that name a case': [
    ...['operation', 'subjects[]', 'release', 'PersonalDataRead.reason', 'PersonalDataOpened.reason'],
  ],
  'made by Baton from ids, codes and figures': [
    ...['LeadHandedOff.package', 'evidence', 'MessageQueued.data', 'ReviewHeld.figures', 'missing'],
  ],
};
const ADDRESS_FREE = 'about the person, read in clear by decisions and figures; addresses are removed';

const reasonOf = (type: string, path: string): string | undefined => {
  const names = [`${type}.${path}`, path];
  const holds = (listed: readonly string[]) => names.some((name) => listed.includes(name));
  // An entry for one event counts before one for the name of a field.
  const exact = Object.keys(notPersonal).find((reason) => notPersonal[reason]!.includes(names[0]!));
  return exact ?? Object.keys(notPersonal).find((reason) => holds(notPersonal[reason]!));
};

interface Schema {
  readonly [mark: string]: unknown;
  readonly type?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
}
/** The texts that anybody may write: without a list of values, a pattern, or the format of something else. */
const freeTexts = (schema: Schema, path: string): readonly (readonly [path: string, schema: Schema])[] => {
  if (schema['personal'] || schema['json']) return [[path, schema]];
  const { type, items, properties = {}, anyOf = [] } = schema;
  if (type === 'string') {
    const isClosed = schema['pattern'] !== undefined || schema['enum'] !== undefined || schema['ref'] !== undefined;
    const isOther = ['instant', 'day', 'currency', 'country'].includes(String(schema['format']));
    return isClosed || isOther ? [] : [[path, schema]];
  }
  if (type === 'array') return freeTexts(items!, `${path}[]`);
  return [
    ...Object.entries(properties).flatMap(([name, of]) => freeTexts(of, `${path}.${name}`)),
    ...anyOf.flatMap((of) => freeTexts(of, path)),
  ];
};

describe('the personal data in events', () => {
  const list = join(__dirname, 'personal-fields.json');
  const catalogue = catalogueOf(eventsOf([accessParts, ...contextParts]));
  const found = [...catalogue.values()].flatMap(({ type, object }) =>
    Object.entries(object.properties as Record<string, Schema>).flatMap(([field, schema]) =>
      freeTexts(schema, field).map(([path, of]) => ({
        field: `${type}.${path}`,
        is: of['personal'] ? 'personal' : of['addressFree'] ? ADDRESS_FREE : reasonOf(type, path),
      })),
    ),
  );

  it('is every text that anybody may write, unless the list above says why not', () =>
    expect(found.filter(({ is }) => is === undefined).map(({ field }) => field)).toEqual([]));

  it('is the committed list; UPDATE_PERSONAL=1 rewrites it', () => {
    const fields = Object.fromEntries(found.map(({ field, is }) => [field, is] as const).sort());
    const text = `${JSON.stringify(fields, undefined, 2)}\n`;
    if (process.env['UPDATE_PERSONAL'] === '1') writeFileSync(list, text);
    expect(readFileSync(list, 'utf8')).toBe(text);
  });

  it('has the values that nobody could do without', () =>
    expect(found.filter(({ is }) => is === 'personal').map(({ field }) => field)).toEqual(
      expect.arrayContaining([
        ...['LeadCaptured.name', 'LeadCaptured.email', 'LeadCaptured.phone', 'LeadSalesQualified.need'],
        ...['LeadRejected.note', 'FeedbackGiven.note', 'SupportRequested.need'],
      ]),
    ));
});
