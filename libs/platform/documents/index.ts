export { fitsColumn } from './columns';
export { EmbeddedDocuments } from './embedded-documents';
export { MemoryDocuments } from './memory-documents';
export {
  activeGeneration,
  collectionOf,
  firstGeneration,
  generationAmong,
  isGenerationOf,
  pagesOf,
  ReadModels,
  atOf,
  type AsOf,
} from './read-models';
export { emptyList, lastOf, listOf, onceSaved, openList, savedAs, type OpenList } from './index-runs';
export { searchWhere } from './search';
