export { fitsColumn } from './columns';
export { EmbeddedDocuments } from './embedded-documents';
export { MemoryDocuments } from './memory-documents';
export {
  activeGeneration,
  collectionOf,
  firstGeneration,
  readableGeneration,
  rebuildLease,
  isGenerationOf,
  pagesOf,
  ReadModels,
  referenceInstantOf,
  type AsOf,
} from './read-models';
export {
  emptyList,
  lastDocumentOf,
  listKeyOf,
  listAfterSave,
  loadOpenList,
  writesOf,
  type OpenList,
} from './index-runs';
export { nothingToFind, searchWhere } from './search';
export { PAGE, pageOf, readPage, writeCursor, type Connection, type PagePlace, type PageQuestion } from './pages';
