import { Conflict, type Fence, type ParkedSequence } from '@baton/kernel';

/** What `commit` throws when somebody else has taken the lease since. */
export const leaseLost = ({ lease, token }: Fence): Conflict =>
  new Conflict(
    'documents/lease-lost',
    `The lease ${lease} was granted to another process after token ${token}.`,
    lease,
  );

/** What `prepare` and `commit` throw for a generation that somebody has dropped since. */
export const generationDropped = (generation: string): Conflict =>
  new Conflict('documents/generation-dropped', `${generation} was dropped.`, generation);

/** Oldest first. */
export const parkedOrder = (a: ParkedSequence, b: ParkedSequence): number =>
  order(a.position, b.position) || order(a.follower, b.follower) || order(a.sequence, b.sequence);

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
