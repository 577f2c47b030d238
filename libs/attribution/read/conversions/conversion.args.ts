import { registerEnumType } from '@nestjs/graphql';
import { conversionKinds, type ConversionKind } from './conversions.rules';

const nameOf = (kind: string) => kind.toUpperCase().replaceAll('-', '_');
export const ConversionEnum = Object.fromEntries(conversionKinds.map((kind) => [nameOf(kind), kind]));
const meanings: Readonly<Record<ConversionKind, string>> = {
  'lead-created': 'A person became known.',
  mql: 'A person was qualified by marketing for the first time.',
  sql: 'A person was qualified by sales for the first time.',
  opportunity: 'A deal was opened.',
  won: 'A deal was won.',
  lost: 'A deal was lost.',
};
registerEnumType(ConversionEnum, {
  name: 'ConversionKind',
  description: 'What a journey leads to. A person converts once, whatever leads it has.',
  valuesMap: Object.fromEntries(conversionKinds.map((kind) => [nameOf(kind), { description: meanings[kind] }])),
});
