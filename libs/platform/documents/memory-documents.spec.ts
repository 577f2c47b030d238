import { documentsContract } from '@baton/kernel/testing';
import { MemoryDocuments } from '.';

documentsContract('memory', async () => new MemoryDocuments());
