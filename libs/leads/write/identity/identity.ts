import {
  type StoredEvent,
  checkCommand,
  commandKeyOf,
  Conflict,
  handle,
  isSealed,
  normaliseCommand,
  refuse,
  Refused,
  type CommandMeta,
  type DecisionContext,
  type Instant,
  type Journal,
  type KeyStore,
  type Outcome,
} from '@baton/kernel';
import { leadDecider } from '../lead/lead.decider';
import { leadCommands, type LeadCommand } from '../lead/lead.events';
import { idReleased } from '../lead/moves.rules';
import { Reservations, type Identity, type Reservation } from './reservations';

type IdentityCommand = Extract<LeadCommand, { type: 'CaptureLead' | 'UpdateLead' }>;
/** The status of a lead id: captured (by which command), released, or not used yet. */
type IdStatus = { readonly capturedBy: string } | 'released' | 'unused';

const MAX_ATTEMPTS = 100;

/**
 * Runs a command that sets the e-mail address or external id of a lead. Both are reserved before the lead's own stream
 * is written, so that only one of several concurrent commands gets them; after a crash in between, the next command
 * with the same value completes the capture, under the lead id in the reservation.
 *
 * A race cannot leave a lead without its reservation: a reservation is taken from a lead id only after that id was
 * released (`LeadIdReleased`), which fails once the lead is captured, just as the capture fails once the id is
 * released.
 * @returns the outcome; its `id` is the captured lead, which may be one reserved earlier. Refused
 *   `lead/already-captured` with `details.leadId` if another lead has the e-mail address or external id.
 */
export const claimAndHandle = async (
  journal: Journal,
  keys: KeyStore,
  context: DecisionContext,
  id: string,
  given: IdentityCommand,
): Promise<Outcome> => {
  const invalid = checkCommand(leadCommands, given, context.clock);
  if (invalid) return invalid;
  const command = normaliseCommand(leadCommands, given);
  const reservations = new Reservations(journal, keys);
  const identity: Identity = command.data;
  const capture = command.type === 'CaptureLead';
  if (capture && id.includes('@'))
    return refuse(
      'lead/address-as-id',
      'leadId must not be an e-mail address, because ids stay when the person is erased; leave it out to get a new one.',
      'leadId',
    );
  const run = (leadId: string) => handle(journal, leadDecider, leadId, withLeadId(command, leadId), context);
  if (identity.email === undefined && !('externalId' in identity && identity.externalId !== undefined)) return run(id);
  const unknown = capture ? undefined : await refusalOfUpdate(journal, id);
  if (unknown) return unknown;

  /** New reservations of this command; released again if it is refused. */
  const fresh = new Map<string, Reservation>();
  const refused = async (refusal: Refused): Promise<Refused> => {
    for (const made of fresh.values())
      await reservations.write(made, 'IdentityReleased', made.leadId!, command.meta, context.clock.now());
    return refusal;
  };
  let sealedId: Refused | undefined;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const held = await reservations.of(identity);
    const statuses = await statusesOf(journal, held);
    const holders = [...statuses.keys()];

    const owner = holders.find((holder) => typeof statuses.get(holder) === 'object' && (capture || holder !== id));
    if (owner !== undefined) {
      const { capturedBy } = statuses.get(owner) as { capturedBy: string };
      // The same command was sent before; it may have been completed under an id that was already reserved.
      if (capture && capturedBy === commandKeyOf(command.meta)) return run(owner);
      return refused(alreadyCaptured(owner));
    }
    const unfinished = capture ? holders.find((holder) => statuses.get(holder) === 'unused') : undefined;
    if (sealedId && unfinished === undefined) return refused(sealedId);
    const leadId = unfinished ?? id;
    if (!(await releaseOtherIds(journal, context, holders, leadId, command))) continue;
    if (!(await reserveIdentity(reservations, held, leadId, command, context, fresh))) continue;
    const outcome = await run(leadId);
    if (!(outcome instanceof Refused)) return outcome;
    if (outcome.code !== 'lead/id-released') return refused(outcome);
    // Another command released this id in the meantime; read the reservations again.
    if (leadId === id) sealedId = outcome;
  }
  throw new Conflict(
    'lead/busy-identity',
    'Other commands are claiming this email or externalId at the same time; send the command again.',
  );
};

/** Refused here and not in the lead's stream: by then the lead could be captured, without the reservation. */
const refusalOfUpdate = async (journal: Journal, leadId: string): Promise<Refused | undefined> => {
  const status = await idStatusOf(journal, leadId);
  if (status === 'released') return idReleased();
  return status === 'unused'
    ? refuse('lead/unknown', 'No lead has this leadId; capture it with CaptureLead first.', 'leadId')
    : undefined;
};

const alreadyCaptured = (leadId: string): Refused =>
  refuse('lead/already-captured', 'Another lead already has this email or externalId; details.leadId names it.', '', {
    leadId,
  });

/** The status of each lead id that holds one of the reservations. */
const statusesOf = async (journal: Journal, held: readonly Reservation[]): Promise<ReadonlyMap<string, IdStatus>> => {
  const statuses = new Map<string, IdStatus>();
  for (const { leadId } of held)
    if (leadId !== undefined && !statuses.has(leadId)) statuses.set(leadId, await idStatusOf(journal, leadId));
  return statuses;
};

/**
 * Finds the lead with an e-mail address or external id; if the two belong to different leads, the external id decides.
 * A merged lead is returned itself.
 */
export const findLead = async (
  journal: Journal,
  keys: KeyStore,
  { email, externalId }: Identity,
): Promise<string | undefined> => {
  const reservations = new Reservations(journal, keys);
  for (const identity of [{ externalId }, { email }])
    for (const { leadId } of await reservations.of(identity))
      if (leadId !== undefined && (await isCaptured(journal, leadId))) return leadId;
  return undefined;
};

const withLeadId = (command: IdentityCommand, leadId: string): IdentityCommand =>
  ({ ...command, data: { ...command.data, leadId } }) as IdentityCommand;

/** The event that captured or released an id; references to the lead may precede it. */
export const captureOrRelease = (stream: readonly StoredEvent[]): StoredEvent | undefined =>
  stream.find(({ type }) => type === 'LeadCaptured' || type === 'LeadIdReleased');

const idStatusOf = async (journal: Journal, leadId: string): Promise<IdStatus> => {
  const begun = captureOrRelease(await journal.read(`lead-${leadId}`));
  if (!begun) return 'unused';
  return begun.type === 'LeadIdReleased' ? 'released' : { capturedBy: commandKeyOf(begun.meta) };
};

/** Releases the other ids that hold reservations; false if one of them is captured already. */
const releaseOtherIds = async (
  journal: Journal,
  context: DecisionContext,
  holders: readonly string[],
  leadId: string,
  { meta: { expectedRevision: _, ...meta } }: IdentityCommand,
): Promise<boolean> => {
  const sealing = { ...meta, commandId: `${meta.commandId}:seal` };
  for (const other of holders) {
    if (other === leadId) continue;
    const command: LeadCommand = { type: 'ReleaseLeadId', data: { leadId: other }, meta: sealing };
    if ((await handle(journal, leadDecider, other, command, context)) instanceof Refused) return false;
  }
  return true;
};

/** True if a lead was captured under this id. */
export const isCaptured = async (journal: Journal, leadId: string): Promise<boolean> =>
  typeof (await idStatusOf(journal, leadId)) === 'object';

/**
 * Writes the command's name into every reservation, in order; false if another command wrote first. Also for
 * reservations that the lead already has: then the command that made them cannot release them if it is refused later.
 */
const reserveIdentity = async (
  reservations: Reservations,
  held: readonly Reservation[],
  leadId: string,
  { meta }: IdentityCommand,
  context: DecisionContext,
  fresh: Map<string, Reservation>,
): Promise<boolean> => {
  for (const reservation of held) {
    if (reservation.leadId === leadId && reservation.writtenBy === commandKeyOf(meta)) continue;
    const written = await reservations.write(reservation, 'IdentityReserved', leadId, meta, context.clock.now());
    if (!written) return false;
    if (reservation.leadId === undefined) fresh.set(written.stream, written);
    else fresh.delete(written.stream);
  }
  return true;
};

/**
 * Releases every e-mail address and external id that a lead ever had, so that others can have them. To be called before
 * the key of the lead is destroyed: its addresses are read from its events. What is released already stays so.
 */
export const releaseIdentities = async (
  journal: Journal,
  keys: KeyStore,
  leadId: string,
  { meta, now }: { readonly meta: CommandMeta; readonly now: Instant },
): Promise<void> => {
  const reservations = new Reservations(journal, keys);
  for (const identity of await identitiesOf(journal, leadId)) {
    const held = async () => (await reservations.of(identity)).find((one) => one.leadId === leadId);
    // Read again after each write: somebody else may have written first.
    for (let one = await held(); one !== undefined; one = await held())
      await reservations.write(one, 'IdentityReleased', leadId, meta, now, { erased: true });
  }
};

/** Every address and id in the events of a lead; those that cannot be opened any more are left out. */
const identitiesOf = async (journal: Journal, leadId: string): Promise<readonly Identity[]> => {
  const data = (await journal.read(`lead-${leadId}`)).map((event) => event.data as Readonly<Record<string, unknown>>);
  const opened = await journal.open(data.map(({ email }) => email).filter(isSealed));
  const emails = opened.filter((email) => typeof email === 'string');
  const externalIds = data.map(({ externalId }) => externalId).filter((id) => typeof id === 'string');
  return [
    ...[...new Set(emails)].map((email) => ({ email })),
    ...[...new Set(externalIds)].map((externalId) => ({ externalId })),
  ];
};
