export { fitsColumn } from './columns';
export { EmbeddedDocuments } from './embedded-documents';
export { MemoryDocuments } from './memory-documents';
export {
  activeGeneration,
  collectionOf,
  statesOf,
  firstGeneration,
  readableGeneration,
  rebuildLease,
  isGenerationOf,
  pagesOf,
  ReadModels,
  referenceInstantOf,
  type AsOf,
  type ReadModelProgress,
} from './read-models';
export {
  emptyList,
  knownLists,
  lastDocumentOf,
  listKeyOf,
  missingEntries,
  listAfterSave,
  loadOpenList,
  writesOf,
  type EntryList,
  type ListSizes,
  type OpenList,
} from './index-runs';
export {
  blockDocument,
  blockIdsIn,
  blocksOf,
  isIntactBlock,
  joinDocument,
  splitDocument,
  whereBlocks,
} from './long-lists';
export { nothingToFind, searchWhere } from './search';
export { ContributedModels, joined, type ContributedValues } from './contributed';
export {
  PAGE,
  pageOf,
  pageOfFound,
  pageOfRows,
  readPage,
  walkInstantOf,
  writeCursor,
  type Connection,
  type ContributedFields,
  type PagedRows,
  type PagePlace,
  type PageQuestion,
  type PageSource,
} from './pages';
export type { ColumnKeeper, ColumnsOf, PackedColumns } from './packed-columns';
export { DocumentPacker, shapesInMemory } from './packing';
