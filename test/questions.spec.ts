import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bothWhere, orderByField, type FindOptions, type ReadModel, type Where } from '@baton/kernel';
import { repetitions } from '@baton/kernel/testing';
import { collectionOf, EmbeddedDocuments, firstGeneration, ReadModels, readPage } from '@baton/platform/documents';
import { planFind } from '@baton/platform/documents/query';
import { findSql } from '@baton/platform/documents/sql';
import { openDatabase } from '@baton/platform/sqlite';
import { listed, rowsOf, store } from './support/lists.contract';

/** A prime number of rows, so that all ids differ. */
const ROWS = repetitions(1_009, 100_003);
const NOW = '2030-01-01T00:00:00.000Z';

describe('a likely question', () => {
  const folder = mkdtempSync(join(tmpdir(), 'baton-questions-'));
  const path = join(folder, 'documents.db');
  afterAll(() => rmSync(folder, { recursive: true }));

  const questions = listed.flatMap((model) =>
    (model.shown.questions ?? []).map(
      ({ where, orderBy }): [string, ReadModel, readonly string[], string] =>
        [`${model.name}: ${where.join(', ')}, by ${orderBy}`, ...[model, where, orderBy]] as never,
    ),
  );
  it.each(questions)('%s', async (_, model, columns, orderBy) => {
    const documents = await EmbeddedDocuments.open(path);
    const collection = collectionOf(model, firstGeneration(model));
    if ((await documents.count(collection)) === 0) await store(documents, collection, model, rowsOf(model, ROWS));
    const [row] = (await documents.find(collection, { limit: 1 })).map(({ doc }) => doc as Record<string, never>);
    const asked: Where = Object.fromEntries(columns.map((column) => [column, { eq: row![column] ?? null }]));
    const [list] = Object.values(model.shown.lists);
    const base =
      typeof list?.where === 'function' ? await list.where(NOW, {}, new ReadModels(documents)) : (list?.where ?? {});
    const order = orderByField(model, { field: orderBy.replace('-', ''), descending: orderBy.startsWith('-') });
    const page = await readPage(
      new ReadModels(documents),
      model,
      { where: asked, orderBy: order, first: 3 },
      (doc) => doc,
    );
    const cursor = JSON.parse(Buffer.from(page.pageInfo.endCursor!, 'base64url').toString()) as FindOptions['after'];
    await documents.close();

    const database = openDatabase(path, { synchronous: 'NORMAL', readOnly: true });
    for (const after of [undefined, cursor]) {
      const plan = planFind(collection, { where: bothWhere(base, asked), orderBy: order, ...(after ? { after } : {}) });
      for (const part of plan.parts) {
        const { sql, values } = findSql(plan, part, collection);
        const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all<{ detail: string }>(...values, 50);
        const details = steps.map(({ detail }) => detail).join('; ');
        // Equal values and the order are one range of one index: as many rows are read as are answered.
        const compared = columns.map((column) => `c_${column}=?`).join(' AND ');
        // Rows that share the place of the cursor are few, whichever index finds them.
        if (columns.length > 0 && !/AND id[<>=]\?\)/.test(details)) expect(details).toContain(`(${compared}`);
        expect(details).toMatch(/USING INDEX \S*\.\S*/);
        expect(details).not.toContain('TEMP B-TREE');
      }
    }
    database.close();
  });
});
