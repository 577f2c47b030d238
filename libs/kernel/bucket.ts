/** In which of so many buckets a text falls, from 0 on: always the same one, and about as many texts in each. */
export const bucketOf = (text: string, buckets: number): number => {
  let hash = 0;
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) >>> 0;
  return hash % buckets;
};
