import { createHash, createHmac } from 'node:crypto';
import {
  commandKeyOf,
  Conflict,
  emailOf,
  eventIdOf,
  type CommandMeta,
  type Instant,
  type Journal,
  type KeyStore,
  type StoredEvent,
} from '@baton/kernel';
import type { IdentityEvent } from './identity.events';

/** The values that are unique across leads. */
export interface Identity {
  readonly email?: string;
  /** With its system: `crm:00Q5e`. */
  readonly externalId?: string;
}

/** The current reservation of an e-mail address or external id. */
export interface Reservation {
  readonly stream: string;
  readonly kind: IdentityEvent['data']['kind'];
  /** -1 if it was never reserved. */
  readonly revision: number;
  /** undefined if it is free, also because the person who had it was erased. */
  readonly leadId: string | undefined;
  /** The command that wrote it last, by `commandKeyOf`. */
  readonly writtenBy: string | undefined;
}

const SECRET = 'reservations';
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

type Kind = Reservation['kind'];
/** The normalized values, hashed with SHA-256, so that lists of e-mail hashes from outside can be matched. */
const hashesOf = ({ email, externalId }: Identity): [Kind, hash: string][] => [
  ...(email === undefined ? [] : [['e-mail-address', `email:${sha256(emailOf(email) ?? email)}`] as [Kind, string]]),
  ...(externalId === undefined ? [] : [['external-id', `external:${sha256(externalId)}`] as [Kind, string]]),
];

/** The reservation streams: one for each e-mail and external id, named by a hash under a secret that can be rotated. */
export class Reservations {
  constructor(
    private readonly journal: Journal,
    private readonly keys: KeyStore,
  ) {}

  /** The reservations of an identity, in an order that is the same for all commands. */
  async of(identity: Identity): Promise<readonly Reservation[]> {
    const hashes = hashesOf(identity);
    if (hashes.length === 0) return [];
    const secrets = await this.keys.ensureSecrets(SECRET);
    const reservations = hashes.map(async ([kind, hash]) => {
      const found = await Promise.all(
        secrets.map(({ value }) =>
          this.read(`reservation-${createHmac('sha256', value).update(hash).digest('hex')}`, kind),
        ),
      );
      // Reservations made under an older secret stay; new ones use the newest.
      return found.find(({ leadId }) => leadId !== undefined) ?? found[0]!;
    });
    return (await Promise.all(reservations)).sort((a, b) => (a.stream < b.stream ? -1 : 1));
  }

  /** @returns the reservation as written; undefined when somebody else wrote first */
  write(
    { stream, kind, revision }: Reservation,
    type: IdentityEvent['type'],
    leadId: string,
    meta: CommandMeta,
    now: Instant,
    more: { readonly erased?: true } = {},
  ): Promise<Reservation | undefined> {
    const { commandId, actor, origin, mode = 'live', correlationId, causationId } = meta;
    const fact = {
      // The place is part of the id, because one command may claim, release and claim again.
      id: eventIdOf(stream, meta, revision + 1),
      type,
      data: { kind, leadId, ...more },
      meta: {
        actor,
        origin,
        occurredAt: meta.occurredAt ?? now,
        commandId,
        commandHash: '',
        mode,
        $correlationId: correlationId ?? commandId,
        $causationId: causationId ?? commandId,
      },
    };
    return this.journal.append(stream, [fact], revision < 0 ? 'none' : revision, { checked: true }).then(
      (appended) => ({ ...holderOf(type, leadId, meta), stream, kind, revision: appended.revision }),
      (error: unknown) => {
        if (error instanceof Conflict && error.code === 'log/wrong-revision') return undefined;
        throw error;
      },
    );
  }

  private async read(stream: string, kind: Kind): Promise<Reservation> {
    const last = (await this.journal.read(stream)).at(-1) as StoredEvent<IdentityEvent> | undefined;
    if (!last) return { stream, kind, revision: -1, leadId: undefined, writtenBy: undefined };
    const holder = holderOf(last.type, last.data.leadId, last.meta);
    const isErased = holder.leadId !== undefined && (await this.keys.find([holder.leadId])).get(holder.leadId) === null;
    return { ...holder, ...(isErased && { leadId: undefined }), stream, kind, revision: last.revision };
  }
}

const holderOf = (type: IdentityEvent['type'], leadId: string, meta: Pick<CommandMeta, 'actor' | 'commandId'>) => ({
  leadId: type === 'IdentityReserved' ? leadId : undefined,
  writtenBy: commandKeyOf(meta),
});
