import { projection } from '@baton/kernel';
import type { AccessEvent } from './access.events';

/** Events of one stream that are looked through together. */
export const CHUNK_EVENTS = 256;
/** Four bits of so many for each person: of 2,000 people in a chunk, one in 500 others seems to be there. */
const BITS = 32_768;
const BITS_OF_ONE = 4;

/**
 * Who may be named in some events of a day, as a Bloom filter: whoever is named is found in it, and few others. It tells
 * which parts of the log are to be read; what was shown is only in the log.
 */
export interface AccessChunk {
  /** `access-2024-01-17/00000002`: the stream, and which of its chunks; sorts by time. */
  readonly chunk: string;
  readonly stream: string;
  /** The first revision of the chunk. */
  readonly from: number;
  /** In base64; empty: nobody. */
  readonly bits: string;
}

const [SEED, OTHER_SEED, PRIME] = [0x811c9dc5, 0x9747b28c, 0x01000193];
/** The bits of a subject, by two hashes (FNV-1a, 32 bits): in one loop, because each answer names fifty people. */
const forEachPlace = (subject: string, act: (place: number) => void): void => {
  let [one, two] = [SEED, OTHER_SEED];
  for (let at = 0; at < subject.length; at++) {
    const code = subject.charCodeAt(at);
    one = Math.imul(one ^ code, PRIME);
    two = Math.imul(two ^ code, PRIME);
  }
  for (let n = 0; n < BITS_OF_ONE; n++) act(((one >>> 0) + n * (two >>> 0)) % BITS);
};

/** Whether a person, `lead-7f3c`, may be named in a chunk; false: it is not. */
export const mayName = ({ bits }: Pick<AccessChunk, 'bits'>, subject: string): boolean => {
  const bytes = Buffer.from(bits, 'base64');
  let isNamed = bytes.length > 0;
  forEachPlace(subject, (place) => (isNamed &&= (bytes[place >> 3]! & (1 << (place & 7))) !== 0));
  return isNamed;
};

/** The bits of a chunk that was folded last: reading them again for the next event takes longer than setting them. */
const decoded = new WeakMap<AccessChunk, Buffer>();
const bytesOf = (doc: AccessChunk): Buffer => {
  const bytes = decoded.get(doc);
  decoded.delete(doc); // what is set next holds of the next chunk alone
  return bytes ?? (doc.bits === '' ? Buffer.alloc(BITS / 8) : Buffer.from(doc.bits, 'base64'));
};

const naming = (doc: AccessChunk, { subjects }: { readonly subjects: readonly string[] }): AccessChunk => {
  const bytes = bytesOf(doc);
  const set = (place: number) => (bytes[place >> 3]! |= 1 << (place & 7));
  for (const subject of subjects) forEachPlace(subject, set);
  const next = { ...doc, bits: bytes.toString('base64') };
  decoded.set(next, bytes);
  return next;
};

/** Where in the streams `access-<day>` people are named. */
export const accessIndex = projection<AccessChunk, AccessEvent>({
  name: 'access-index',
  version: 1,
  columns: { chunk: 'text' },
  keys: ({ stream, revision }) => [`${stream}/${String(Math.floor(revision / CHUNK_EVENTS)).padStart(8, '0')}`],
  initial: (chunk) => {
    const [stream = '', number] = chunk.split('/');
    return { chunk, stream, from: Number(number) * CHUNK_EVENTS, bits: '' };
  },
  on: {
    PersonalDataRead: (doc, { data }) => naming(doc, data),
    PersonalDataOpened: (doc, { data }) => naming(doc, data),
  },
});
