export { accessRefusal, Allow, Caller, everyRole, unauthenticated, type GraphqlContext } from './caller';
export { AsOfInput, connectionOf, PageInfo, ReadArgs } from './connection';
export { mutationsOf } from './mutations';
export {
  DayOrInstantScalar,
  DayScalar,
  InstantScalar,
  JsonScalar,
  MoneyInput,
  MoneyType,
  PerCurrency,
  SafeIntScalar,
} from './scalars';
export { graphqlModule } from './graphql.module';
export { AccessWatch } from './access-watch';
export { GraphqlWatch } from './graphql-watch';
export { guardEdge, serverOptions } from './edge';
export { Admission, costOf } from './admission';
export { answerQuestions, Heavy, HeavyQueries, LARGE_ANSWER_FIELDS } from './heavy';
export { limits } from './limits';
export { ValueFilterInput } from './filters';
export { enumOf } from './enums';
export { listsOf } from './lists';
export { NodeLoader, NodeResolver } from './nodes';
export { cutOf, documentOf, nodeOf, nodeTypes, objectTypeOf, withCut, type ShownNode } from './object-types';
export { reportsOf } from './reports';
