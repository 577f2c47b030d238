import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parse } from 'graphql';
import { parsedDocuments } from './parsed-documents';

const MEBIBYTE = 2 ** 20;
/** As full of tokens as a document can be, and as dashboards send. */
const texts = {
  dense: (n: number) => `{ ${'a '.repeat(600)} b${n} }`,
  usual: (n: number) => `{ leads(first: 50, filter: { stage: "mql${n}" }) { nodes { leadId stage company } } }`,
};

describe('documents that were asked before', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const heapBytes = () => {
    collectGarbage();
    return getHeapStatistics().used_heap_size;
  };

  it.each(Object.entries(texts))('take no more of the heap than they may, however many come: %s', async (_, text) => {
    const documents = parsedDocuments(4 * MEBIBYTE);
    const before = heapBytes();
    for (let n = 0; n < 2_000; n++) await documents.set(`${n}`, parse(text(n)));
    expect(heapBytes() - before).toBeLessThan(5 * MEBIBYTE); // an entry of the cache has its own few bytes
    expect(documents.keys().length).toBeGreaterThan(1);
    expect(await documents.get('0')).toBeUndefined();
    expect(await documents.get('1999')).toBeDefined();
  });

  it('are not kept where one would take the place of many', async () => {
    const documents = parsedDocuments(4 * MEBIBYTE);
    await documents.set('small', parse(texts.usual(1)));
    await documents.set('large', parse(`{ a(text: "${'x'.repeat(2_000)}") }`));
    expect(documents.keys()).toEqual(['small']);
  });
});
