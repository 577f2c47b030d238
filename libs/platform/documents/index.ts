export { EmbeddedDocuments } from './embedded-documents';
export { MemoryDocuments } from './memory-documents';
export { collectionOf, firstGeneration, ReadModels, type AsOf } from './read-models';
