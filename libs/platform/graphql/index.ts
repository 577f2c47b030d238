export { AccessGuard, Allow, Caller, everyRole, personalField, personalReaders, ReadYourWrites } from './caller';
export {
  AsOfInput,
  connectionOf,
  PageArgs,
  PageInfo,
  ReadArgs,
  readCursor,
  readPage,
  writeCursor,
  type Connection,
} from './connection';
export { CommandOutcome, mutationsOf } from './mutations';
export { DayScalar, InstantScalar, JsonScalar, MoneyInput, MoneyType, SafeIntScalar } from './scalars';
export { graphqlModule, schemaFile } from './graphql.module';
