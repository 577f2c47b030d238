/** The bucket of a text, from 0 to `buckets` - 1: stable, and evenly distributed. */
export const bucketOf = (text: string, buckets: number): number => {
  let hash = 0;
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) >>> 0;
  return hash % buckets;
};
