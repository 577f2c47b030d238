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

/** FNV-1a, 32 bits. */
const hashOf = (text: string, seed: number): number => {
  let hash = seed;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
};
const placesOf = (subject: string): readonly number[] => {
  const [one, two] = [hashOf(subject, 0x811c9dc5), hashOf(subject, 0x9747b28c)];
  return Array.from({ length: BITS_OF_ONE }, (_, n) => (one + n * two) % BITS);
};

/** Whether a person, `lead-7f3c`, may be named in a chunk; false: it is not. */
export const mayName = ({ bits }: Pick<AccessChunk, 'bits'>, subject: string): boolean => {
  const bytes = Buffer.from(bits, 'base64');
  return bytes.length > 0 && placesOf(subject).every((place) => (bytes[place >> 3]! & (1 << (place & 7))) !== 0);
};

const naming = (doc: AccessChunk, { subjects }: { readonly subjects: readonly string[] }): AccessChunk => {
  const bytes = doc.bits === '' ? Buffer.alloc(BITS / 8) : Buffer.from(doc.bits, 'base64');
  for (const subject of subjects) for (const place of placesOf(subject)) bytes[place >> 3]! |= 1 << (place & 7);
  return { ...doc, bits: bytes.toString('base64') };
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
