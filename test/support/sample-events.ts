import type { TSchema } from '@sinclair/typebox';
import type { EventSchema } from '@baton/kernel';

/** Texts of the formats, and of the patterns that no plain word meets. */
const formats: Readonly<Record<string, string>> = {
  instant: '2024-01-17T10:00:00.000Z',
  day: '2024-01-17',
  currency: 'EUR',
  email: 'ada@example.org',
  phone: '+442079460958',
  country: 'DE',
};
const texts = ['sample', 'EUR', 'a:1', 'Lead.email', 'a'.repeat(64)];

/** A value that a field's schema accepts. */
const sampleOf = (schema: TSchema): unknown => {
  if (schema['money']) return { minor: 123_450, currency: 'EUR' };
  if (schema['json']) return { seen: 3 };
  if (Array.isArray(schema['anyOf'])) return sampleOf((schema['anyOf'] as TSchema[])[0]!);
  if (Array.isArray(schema['enum'])) return (schema['enum'] as string[])[0];
  switch (schema['type']) {
    case 'string': {
      const format = formats[schema['format'] as string];
      const least = (schema['minLength'] as number | undefined) ?? 0;
      const most = (schema['maxLength'] as number | undefined) ?? Infinity;
      const meets = (text: string) =>
        text.length >= least &&
        text.length <= most &&
        new RegExp((schema['pattern'] as string | undefined) ?? '').test(text);
      return format ?? texts.find(meets);
    }
    case 'integer':
    case 'number':
      return Math.max(3, (schema['minimum'] as number | undefined) ?? 3);
    case 'boolean':
      return true;
    case 'array':
      return [sampleOf(schema['items'] as TSchema)];
    case 'object':
      return samplesOf(schema['properties'] as Readonly<Record<string, TSchema>>);
  }
  throw new Error(`no sample of ${JSON.stringify(schema)}`);
};
const samplesOf = (fields: Readonly<Record<string, TSchema>>) =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, sampleOf(field)]));

/** Data of an event type: every field, or only the required ones. @throws Error if the data is invalid */
export const sampleEvent = (
  schema: EventSchema,
  { optional }: { readonly optional: boolean },
): Record<string, unknown> => {
  const all = samplesOf(schema.object.properties);
  const required = new Set(schema.object.required ?? []);
  const data = Object.fromEntries(Object.entries(all).filter(([name]) => optional || required.has(name)));
  const fault = schema.faultOf(data);
  if (fault) throw new Error(`the sample of ${schema.type} is none: ${fault.message}`);
  return data;
};
