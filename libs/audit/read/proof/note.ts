import { Refused } from '@baton/kernel';
import type { SigningKey, VerifierKey } from '@baton/platform/keys';
import { HASH_BYTES } from './merkle.rules';

/**
 * The head of the Merkle log: a C2SP tlog checkpoint (origin, size, root), with two lines that we add: the root of the tree
 * of places, and when it was signed. Signed as a C2SP signed note.
 */
export interface LogHead {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
  /** Root of the tree of places (position and time of recording). */
  readonly places: Buffer;
  readonly signedAt: string;
}

export const headText = ({ origin, size, root, places, signedAt }: LogHead): string =>
  `${origin}\n${size}\n${root.toString('base64')}\nplaces ${places.toString('base64')}\ntime ${signedAt}\n`;

/** A signature line: an em dash, the name of the key, and in base64 its id and the signature. */
const signatureLine = (name: string, id: Uint8Array, signature: Uint8Array): string =>
  `— ${name} ${Buffer.concat([id, signature]).toString('base64')}\n`;
const SIGNATURE_LINE = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u;

export const signNote = (text: string, key: SigningKey): string =>
  `${text}\n${signatureLine(key.name, key.id, key.sign(text))}`;

const badNote = (why: string) => new Refused('proof/bad-head', `This is not a head of the log: ${why}.`, 'head');

/** Splits a note into its text, with the last line break, and its signature lines. */
const splitNote = (note: string) => {
  const at = note.lastIndexOf('\n\n');
  const lines = note.slice(at + 2).split('\n');
  if (at < 0 || lines.pop() !== '' || lines.length === 0) throw badNote('it has no signatures');
  return {
    text: note.slice(0, at + 1),
    signatures: lines.map((line) => {
      const [, name, encoded] = SIGNATURE_LINE.exec(line) ?? [];
      const bytes = Buffer.from(encoded ?? '', 'base64');
      if (!name || bytes.length < 5 || bytes.toString('base64') !== encoded) throw badNote('a signature is malformed');
      return { line, name, id: bytes.subarray(0, 4), signature: bytes.subarray(4) };
    }),
  };
};

/** The head that a text states. @throws Refused `proof/bad-head` */
export const parseHead = (text: string): LogHead => {
  const [origin, size, root, places, time, end, ...more] = text.split('\n');
  const hashOf = (base64: string | undefined) => {
    const hash = Buffer.from(base64 ?? '', 'base64');
    if (hash.length !== HASH_BYTES || hash.toString('base64') !== base64)
      throw badNote('a root is not 32 bytes in base64');
    return hash;
  };
  if (!origin || !/^(0|[1-9]\d{0,14})$/.test(size ?? '')) throw badNote('it needs an origin and a size');
  const [, placesHash] = /^places (\S+)$/.exec(places ?? '') ?? [];
  const [, signedAt] = /^time (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)$/.exec(time ?? '') ?? [];
  if (!placesHash || !signedAt || end !== '' || more.length > 0) throw badNote('it needs the lines places and time');
  return { origin, size: Number(size), root: hashOf(root), places: hashOf(placesHash), signedAt };
};

/**
 * The head of a note, if a known key signed it. Signatures of unknown keys, such as those of witnesses, are passed over; one
 * of a known key that does not match is refused.
 * @throws Refused `proof/bad-head`, `proof/bad-signature`
 */
export const openNote = (note: string, verifiers: readonly VerifierKey[]): LogHead => {
  const { text, signatures } = splitNote(note);
  let signed = false;
  for (const { name, id, signature } of signatures) {
    const key = verifiers.find((one) => one.name === name && one.id.equals(id));
    if (!key) continue;
    if (!key.verify(text, signature))
      throw new Refused('proof/bad-signature', `The signature of ${name} is not of this head.`, 'head');
    signed = true;
  }
  if (!signed) throw new Refused('proof/bad-signature', 'No known key has signed this head.', 'head');
  const head = parseHead(text);
  if (!verifiers.some(({ name }) => name === head.origin))
    throw new Refused('proof/bad-signature', `No known key is that of the log ${head.origin}.`, 'head');
  return head;
};

/** The note with the signature lines of a witness. @throws Refused `proof/bad-head` */
export const withCosignatures = (note: string, lines: string): string => {
  const more = lines.split('\n').filter((line) => line !== '');
  const together = note + more.map((line) => `${line}\n`).join('');
  splitNote(together);
  return together;
};
