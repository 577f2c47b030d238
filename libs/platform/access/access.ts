import { hash as hashed, randomBytes, timingSafeEqual } from 'node:crypto';
import { CommandBus } from '@nestjs/cqrs';
import {
  Clock,
  isInternalActor,
  isTransient,
  type EventLog,
  Journal,
  Refused,
  toMs,
  type CallerOrigin,
  type Outcome,
  type Role,
} from '@baton/kernel';
import { LRUCache } from 'lru-cache';
import type { AccessEntry, RecordAccess } from './access-log';
import type { Oidc } from './oidc';
import { PERSON_PATTERN, type KeyEvent, ToKey } from './key.events';
import type { CallerIdentity } from './caller-identity';

interface KeyOptions {
  readonly origin?: CallerOrigin;
  readonly actsForPersons?: boolean;
}
/** The actor name of a key: the bare name for a person, with the origin in front for a connector or system. */
const actorOf = (origin: CallerOrigin, label: string): string => (origin === 'person' ? label : `${origin}:${label}`);

/** The header with the person on whose behalf a key acts. */
export const ACTS_FOR = 'baton-acts-for';
const CACHE_MS = 2_000;
/** How long a known key stays valid while the log, which alone knows of revocations, is unavailable. */
const OUTAGE_CACHE_MS = 3_600_000;
/** Keys and tokens of one day whose first use is remembered. */
const SIGN_INS = 50_000;
const hashOf = (secret: string): string => hashed('sha256', secret, 'hex');

/**
 * Bearer keys: `baton_<id>_<secret>`. Only the hash is stored; a revoked key is refused within two seconds. While the
 * log is unavailable, keys that this process has seen within the last hour are accepted, and no others. Tokens of an
 * OpenID Connect issuer are accepted as well, if one is configured.
 */
export class Access {
  private readonly cache = new LRUCache<string, { caller: CallerIdentity | undefined; at: number }>({
    ...{ maxSize: 10_000, sizeCalculation: () => 1 }, // with `max` its places would be allocated at once
  });
  /** What has signed in this day, by the hash of its secret. */
  private readonly signedIn = new LRUCache<string, string>({ maxSize: SIGN_INS, sizeCalculation: () => 1 });

  constructor(
    private readonly journal: Journal,
    private readonly bus: CommandBus,
    private readonly clock: Clock,
    private readonly log: Pick<EventLog, 'availability'>,
    private readonly record: RecordAccess,
    private readonly oidc?: Oidc,
  ) {}

  /**
   * @param authorization the header, `Bearer baton_…` or `Bearer <token>`
   * @param actsFor the header `baton-acts-for`: the person who acts, if a page sends requests for its users
   * @returns the caller; undefined without a header
   * @throws Refused `access/bad-key` for a key that is malformed, unknown or revoked; for a token the codes of
   *   `Oidc.verify`; `access/acts-for-nobody` for a caller who may not act for others; `access/bad-person` for an
   *   invalid name
   */
  async authenticate(authorization: string | undefined, actsFor?: string): Promise<CallerIdentity | undefined> {
    const caller = authorization ? await this.keyOrTokenCaller(authorization) : undefined;
    if (actsFor === undefined || !caller) return caller;
    if (!caller.actsForPersons)
      throw new Refused(
        'access/acts-for-nobody',
        'This key cannot act for persons; create one with --origin system --acts-for-persons, or leave out the header baton-acts-for.',
        ACTS_FOR,
      );
    if (!new RegExp(PERSON_PATTERN).test(actsFor) || isInternalActor(actsFor))
      throw new Refused(
        'access/bad-person',
        'baton-acts-for must be a name of 1 to 100 letters, digits and . _ @ -',
        ACTS_FOR,
      );
    return { actor: await this.nameOf(actsFor), origin: 'person', roles: caller.roles };
  }

  /**
   * The name under which a person acts: where it would be an address, which stays in the log for ever, a keyed hash of it.
   */
  private async nameOf(name: string): Promise<string> {
    if (!name.includes('@')) return name;
    const [tokens] = await this.journal.tokens('actor-names', [name.toLowerCase()]);
    return `person-${tokens!.at(-1)!}`; // under the oldest secret, so that the name outlives a rotation
  }

  /** An issuer whose subjects may be addresses. */
  private withNames(oidc: Oidc): Pick<Oidc, 'verify'> {
    return {
      verify: async (token) => {
        const { caller, endsAt } = await oidc.verify(token);
        const subject = caller.actor.slice('oidc:'.length);
        return { caller: { ...caller, actor: `oidc:${await this.nameOf(subject)}` }, endsAt };
      },
    };
  }

  private async keyOrTokenCaller(authorization: string): Promise<CallerIdentity> {
    const [, bearer = ''] = /^bearer +(\S+)$/i.exec(authorization) ?? []; // the scheme is case-insensitive
    const [token] = /^[\w-]+\.[\w-]+\.[\w-]*$/.exec(bearer) ?? [];
    if (token && this.oidc) return this.tokenCaller(token, this.withNames(this.oidc));
    const [, keyId, secret] = /^baton_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/.exec(bearer) ?? [];
    if (!keyId || !secret) throw badKey();
    const hash = hashOf(secret);
    const cacheKey = `${keyId} ${hash}`; // with the id, because a secret is valid for its own key only
    const now = toMs(this.clock.now());
    const kept = this.cache.get(cacheKey);
    if (kept && now - kept.at < CACHE_MS) {
      if (!kept.caller) throw badKey();
      this.noteSignIn(cacheKey, kept.caller, keyId);
      return kept.caller;
    }
    const callerInOutage = kept?.caller && now - kept.at < OUTAGE_CACHE_MS ? kept.caller : undefined;
    if (callerInOutage && this.log.availability().state === 'unavailable') return callerInOutage;
    let caller: CallerIdentity | undefined;
    try {
      caller = await this.findCaller(keyId, hash);
    } catch (error) {
      if (callerInOutage && isTransient(error)) return callerInOutage;
      throw error;
    }
    this.cache.set(cacheKey, { caller, at: now });
    if (!caller) throw badKey();
    this.noteSignIn(cacheKey, caller, keyId);
    return caller;
  }

  /**
   * Records the first use of a key on a day (UTC), so that the stream of each day says by itself who was there, and of
   * each token of the issuer. What a request shows is recorded with it; its key need not be. If it cannot be recorded
   * the next request tries again.
   */
  private noteSignIn(secret: string, { actor, origin, roles, actsForPersons }: CallerIdentity, keyId?: string): void {
    const day = keyId === undefined ? 'token' : this.clock.now().slice(0, 10);
    if (this.signedIn.get(secret) === day) return;
    this.signedIn.set(secret, day);
    const method = keyId === undefined ? { method: 'token' as const } : { method: 'key' as const, keyId };
    const data = { ...method, roles: [...roles], ...(actsForPersons && { actsForPersons }) };
    this.record([{ type: 'SignedIn', data, by: { actor, origin } }]).catch(() => this.signedIn.delete(secret));
  }

  private async tokenCaller(token: string, oidc: Pick<Oidc, 'verify'>): Promise<CallerIdentity> {
    const hash = hashOf(token);
    const now = toMs(this.clock.now());
    const kept = this.cache.get(hash);
    if (kept?.caller && now - kept.at < CACHE_MS) return kept.caller;
    const { caller, endsAt } = await oidc.verify(token);
    this.noteSignIn(hash, caller);
    this.cache.set(hash, { caller, at: Math.min(now, endsAt - CACHE_MS) });
    return caller;
  }

  private async findCaller(keyId: string, hash: string): Promise<CallerIdentity | undefined> {
    let caller: CallerIdentity | undefined;
    for (const event of (await this.journal.read(`key-${keyId}`)) as readonly KeyEvent[]) {
      if (event.type === 'KeyRevoked') return undefined;
      if (timingSafeEqual(Buffer.from(event.data.hash), Buffer.from(hash)))
        caller = {
          actor: actorOf(event.data.origin, event.data.label),
          ...{ origin: event.data.origin, roles: event.data.roles },
          ...(event.data.actsForPersons && { actsForPersons: true }),
        };
    }
    return caller;
  }

  /** Creates a key. The token is returned once and stored nowhere. */
  async issue(
    label: string,
    roles: readonly Role[],
    actor: string,
    { origin = 'person', actsForPersons = false }: KeyOptions = {},
  ): Promise<{ keyId: string; token: string }> {
    const keyId = randomBytes(6).toString('hex');
    const secret = randomBytes(32).toString('base64url');
    const actsFor = actsForPersons && { actsForPersons };
    const data = {
      keyId,
      label: await this.nameOf(label),
      origin,
      ...actsFor,
      roles: [...roles],
      hash: hashOf(secret),
    };
    await this.send(keyId, { type: 'IssueKey', data, meta: { commandId: `issue-${keyId}`, actor, origin: 'person' } });
    await this.noteChange(keyId, 'created', actor);
    return { keyId, token: `baton_${keyId}_${secret}` };
  }

  /** Revokes a key. @throws Refused `key/unknown` */
  async revoke(keyId: string, actor: string): Promise<void> {
    const meta = { commandId: `revoke-${keyId}`, actor, origin: 'person' as const };
    await this.send(keyId, { type: 'RevokeKey', data: { keyId }, meta });
    this.cache.clear();
    await this.noteChange(keyId, 'revoked', actor);
  }

  /** The key itself has its own stream; that of the day says so, too. */
  private noteChange(keyId: string, change: 'created' | 'revoked', actor: string): Promise<void> {
    const entry: AccessEntry = { type: 'KeyChanged', data: { keyId, change }, by: { actor, origin: 'person' } };
    return this.record([entry]);
  }

  private async send(keyId: string, command: ConstructorParameters<typeof ToKey>[1]): Promise<void> {
    const outcome = await this.bus.execute<ToKey, Outcome>(new ToKey(keyId, command));
    if (outcome instanceof Refused) throw outcome;
  }
}

const badKey = () =>
  new Refused(
    'access/bad-key',
    'The bearer key is malformed, unknown or revoked; use a key made by baton keys create.',
    'authorization',
  );
