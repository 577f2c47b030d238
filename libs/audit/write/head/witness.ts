import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Conflict, Refused } from '@baton/kernel';
import type { VerifierKey } from '@baton/platform/keys';
import type { LogTree } from '../../read/proof/log-tree.query';
import { openNote, type LogHead } from '../../read/proof/note';

/** A head to be handed to a witness, and what is needed to show that it continues the one that the witness holds. */
export interface HeadForWitness {
  readonly head: LogHead;
  readonly note: string;
  readonly tree: LogTree;
  readonly verifiers: readonly VerifierKey[];
  /** The size of the head before, which the witness should hold; 0 for none. */
  readonly heldSize: number;
}

const ANSWER_MS = 10_000;
const conflict = (size: number) =>
  new Conflict(
    'proof/witness-conflict',
    `The witness holds a head of ${size} events that this log does not continue: its history was changed, or the witness has the head of another log.`,
  );
const ahead = (held: number, size: number) =>
  new Conflict(
    'proof/witness-ahead',
    `The witness holds a head of ${held} events, and this log has ${size}: events were lost, or an older copy was restored.`,
  );
const unavailable = (why: string) =>
  new Conflict('proof/witness-unavailable', `The witness did not take the head (${why}); it gets the next one.`);

/**
 * Hands a head to the witness, which keeps it only if it continues the head that it holds.
 * @param place a file, which keeps the newest note, or the URL of a witness (C2SP tlog-witness)
 * @returns the signature lines of the witness; '' for a file
 * @throws Conflict `proof/witness-conflict`, `proof/witness-ahead`: alarms; `proof/witness-unavailable`; Refused
 *   `proof/bad-head`, `proof/bad-signature` if the file has no head of this log
 */
export const handToWitness = (place: string, given: HeadForWitness): Promise<string> =>
  /^https?:/.test(place) ? handToServer(place, given) : handToFile(place, given);

const handToFile = async (path: string, { head, note, tree, verifiers }: HeadForWitness): Promise<string> => {
  try {
    if (existsSync(path)) {
      const held = openNote(readFileSync(path, 'utf8'), verifiers);
      if (held.size > head.size) throw ahead(held.size, head.size);
      const isSame =
        (await tree.root(held.size)).equals(held.root) && (await tree.root(held.size, 'places')).equals(held.places);
      if (held.origin !== head.origin || !isSame) throw conflict(held.size);
    }
    // Replaced as a whole, so that a witness never holds half a note.
    writeFileSync(`${path}.new`, note);
    renameSync(`${path}.new`, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code && /^E[A-Z]+$/.test(code) ? unavailable(code) : error;
  }
  return '';
};

const handToServer = async (url: string, given: HeadForWitness, old = given.heldSize): Promise<string> => {
  const { head, note, tree } = given;
  const proof = (await tree.consistency(old, head.size)).map((hash) => `${hash.toString('base64')}\n`).join('');
  const body = `old ${old}\n${proof}\n${note}`;
  let status: number;
  let text: string;
  try {
    const answer = await fetch(new URL('add-checkpoint', url.endsWith('/') ? url : `${url}/`), {
      ...{ method: 'POST', body, redirect: 'error', signal: AbortSignal.timeout(ANSWER_MS) },
    });
    [status, text] = [answer.status, await answer.text()];
  } catch (error) {
    throw unavailable((error as Error).name);
  }
  if (status === 200) return text;
  if (status === 422) throw conflict(old);
  if (status === 403 || status === 404)
    throw new Refused('proof/witness-refused', 'The witness does not know this log or its key; register both there.');
  const [, held] = status === 409 ? (/^(\d{1,15})\n?$/.exec(text) ?? []) : [];
  if (held === undefined) throw unavailable(`HTTP ${status}`);
  if (Number(held) > head.size) throw ahead(Number(held), head.size);
  if (Number(held) === old) throw conflict(old);
  return handToServer(url, given, Number(held));
};
