import { field, Refused } from '@baton/kernel';
import { proveConsistency, proveEvent } from '@baton/audit';
import { LogHeads } from '@baton/audit/audit.module';
import { isKeyName, newSigningKey, signingKey } from '@baton/platform/keys';
import { parseWholeNumber } from './arguments';
import { action, type ActionGroup } from './command';
import { count, countOf, line, print, printJson } from './output';
import { Session } from './session';

const LARGEST = 9_999_999_999;
/** Event ids are UUIDs; every other argument is a position. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const sizeField = (what: string) => field.largeInteger(what, { optional: true, min: 0, max: LARGEST });
const checkName = (name: string): void => {
  if (!isKeyName(name))
    throw new Refused(
      'cli/bad-argument',
      '--new must be a name without blanks and plus signs, such as example.org/baton.',
      'new',
    );
};

const hashLines = (title: string, hashes: readonly string[]): void => {
  line(title);
  for (const hash of hashes) line(`  ${hash}`);
};
/** In a session whose read models have followed the log as far as it answers. */
const inSession = (work: (session: Session) => Promise<void>): Promise<void> =>
  Session.use(async (session) => {
    await session.catchUpIfPossible();
    await work(session);
  });
const printKeys = async ({ app }: Session, json: boolean | undefined): Promise<void> => {
  const { verifiers } = await app.get(LogHeads).keys();
  const texts = verifiers.map(({ text }) => text);
  if (json) printJson({ verifierKeys: texts });
  else for (const text of texts) line(text);
};

export const command: ActionGroup = {
  actions: {
    head: action({
      description: 'Print the newest signed head.',
      example: '',
      run: (_, { json }) =>
        inSession(async ({ app }) => {
          const head = await app.get(LogHeads).newest();
          if (!head) throw new Refused('proof/no-head', 'No head has been signed yet; run baton proof sign.');
          if (json) printJson(head);
          else print(head.note);
        }),
    }),
    sign: action({
      description: 'Sign a head of the log as it is now, and hand it to the witness.',
      example: '> head.txt',
      run: (_, { json }) =>
        inSession(async ({ app }) => {
          const head = await app.get(LogHeads).sign();
          if (json) printJson(head);
          else print(head.note);
        }),
    }),
    event: action({
      description: 'Prove that an event, given by its id or position, is in the log.',
      words: { event: 'its id or position' },
      options: { size: sizeField('Prove for the first so many events.') },
      example: '5f0c0b7e-5f0a-5a43-9a43-3f0f5c1a2b3c --json',
      run: ([what], { size, json }) =>
        inSession(async ({ models, log }) => {
          const event = UUID.test(what!) ? { eventId: what!.toLowerCase() } : { position: what! };
          const proof = await proveEvent(models, log, { ...event, ...(size !== undefined && { size }) });
          if (json) return printJson(proof);
          line(`Event ${proof.eventId} is number ${count(proof.index)} of the first ${countOf(proof.size, 'event')}.`);
          line(`Root of the events: ${proof.root}`);
          hashLines('Its proof:', proof.hashes);
          line(proof.note === null ? 'No head of this size was signed.' : `The signed head:\n${proof.note.trimEnd()}`);
        }),
    }),
    consistency: action({
      description: 'Prove that the first so many events are the beginning of a later size.',
      words: { from: 'the number of events' },
      options: { to: sizeField('The later size.') },
      example: '1200 --to 5000',
      run: async ([text], { to, json }) => {
        const from = parseWholeNumber(text!, 'from', 0, LARGEST);
        await inSession(async ({ models }) => {
          const proof = await proveConsistency(models, { from, ...(to !== undefined && { to }) });
          if (json) return printJson(proof);
          line(`The first ${countOf(proof.from, 'event')} are the beginning of the first ${count(proof.to)}.`);
          line(`Roots: ${proof.fromRoot} and ${proof.toRoot}`);
          hashLines('The proof:', proof.hashes);
        });
      },
    }),
    key: action({
      description: 'Print the verifier keys, the current one first; or a new signing key.',
      options: {
        new: field.text('Print a new signing key and its verifier key for a log of this name.', {
          ...{ optional: true, check: checkName },
        }),
      },
      example: '',
      run: async (_, { new: name, json }) => {
        if (name === undefined) return inSession((session) => printKeys(session, json));
        const text = newSigningKey(name);
        const { text: verifier } = signingKey(text, 'the new key');
        if (json) printJson({ signingKey: text, verifierKey: verifier });
        else line(`${text}\n${verifier}`);
      },
    }),
    rotate: action({
      description: 'Replace the signing key; earlier verifier keys are kept.',
      example: '',
      run: (_, { json }) =>
        inSession(async (session) => {
          await session.app.get(LogHeads).rotateKey();
          await printKeys(session, json);
        }),
    }),
  },
};
