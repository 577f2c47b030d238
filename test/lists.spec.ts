import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedDocuments, MemoryDocuments } from '@baton/platform/documents';
import { listsContract } from './support/lists.contract';

listsContract('memory', async () => new MemoryDocuments());

const folder = mkdtempSync(join(tmpdir(), 'baton-lists-'));
afterAll(() => rmSync(folder, { recursive: true }));
listsContract('the embedded store', () => EmbeddedDocuments.open(join(folder, 'documents.db')));
