import { commands, events, integer, ref, text, To, type CommandOf, type EventOf } from '@baton/kernel';

const headId = ref('head', 'The log that the head is of; there is one.');
const head = {
  headId,
  size: integer('How many events it covers.', { min: 0, max: Number.MAX_SAFE_INTEGER }),
  root: text('Root of the tree of events, in base64.', { min: 1, max: 64 }),
  places: text('Root of the tree of positions and times of recording, in base64.', { min: 1, max: 64 }),
  note: text('The signed note: origin, size, roots, time, and the signatures.', { min: 1, max: 4000 }),
  verifierKey: text('The key that signed it. Whoever verifies knows it from elsewhere.', { min: 1, max: 400 }),
};

export const headEvents = events({
  LogHeadSigned: {
    version: 1,
    description: 'The head of the Merkle log was signed, and handed to the witness if there is one.',
    sentence: 'The first {size} events were signed',
    ...head,
  },
});
export type HeadEvent = EventOf<typeof headEvents>;

export const headCommands = commands('head', {
  RecordLogHead: { description: 'Record a signed head of the Merkle log.', ...head },
});
export type HeadCommand = CommandOf<typeof headCommands>;
export class ToHead extends To<HeadCommand> {}
/** The one head stream: `head-log`. */
export const HEAD_ID = 'log';
