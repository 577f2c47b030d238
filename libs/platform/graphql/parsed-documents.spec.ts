import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { buildSchema, parse } from 'graphql';
import { Admission } from './admission';
import { validatedDocuments } from './parsed-documents';

const MEBIBYTE = 2 ** 20;
/** As full of tokens as a document can be, and as dashboards send. */
const texts = {
  dense: (n: number) => `{ a${n}: leads(of: [${'1 '.repeat(600)}]) { company } }`,
  usual: (n: number) => `{ leads(first: 50, stage: "mql${n}") { leadId stage company } }`,
};

const schema = buildSchema(`
  type Lead { leadId: ID stage: String company: String }
  type Query { leads(first: Int, stage: String, of: [Int]): Lead }`);

describe('documents that were asked before', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const heapBytes = () => {
    collectGarbage();
    return getHeapStatistics().used_heap_size;
  };

  it.each(Object.entries(texts))('take no more of the heap than they may, however many come: %s', async (_, text) => {
    const documents = validatedDocuments(4 * MEBIBYTE);
    const before = heapBytes();
    for (let n = 0; n < 2_000; n++) await documents.set(`${n}`, parse(text(n)));
    expect(heapBytes() - before).toBeLessThan(5 * MEBIBYTE); // an entry of the cache has its own few bytes
    expect(documents.keys().length).toBeGreaterThan(1);
    expect(await documents.get('0')).toBeUndefined();
    expect(await documents.get('1999')).toBeDefined();
  });

  it.each([
    ['dense', 600],
    ['usual', 4_000],
  ] as const)('nor do those whose form was checked: %s', (what, count) => {
    const admission = new Admission(() => schema, undefined);
    const documentOf = (n: number) => admission.admit({ query: texts[what](n) }).document;
    const before = heapBytes();
    for (let n = 0; n < count; n++) documentOf(n);
    expect(heapBytes() - before).toBeLessThan(17 * MEBIBYTE);
    expect(documentOf(count - 1)).toBe(documentOf(count - 1)); // kept
  });

  it('are not kept where one would take the place of many', async () => {
    const documents = validatedDocuments(4 * MEBIBYTE);
    await documents.set('small', parse(texts.usual(1)));
    await documents.set('large', parse(`{ a(text: "${'x'.repeat(2_000)}") }`));
    expect(documents.keys()).toEqual(['small']);
  });
});
