import { createHmac } from 'node:crypto';
import {
  BatonError,
  canonicalJson,
  isSealed,
  Journal,
  keySubjectOf,
  Refused,
  UnknownType,
  upcast,
  type AnyCommand,
  type AppendOptions,
  type CommandSchema,
  type EventLog,
  type EventMeta,
  type EventSchema,
  type Json,
  type KeyStore,
  type EventToAppend,
  type StoredEvent,
  type Sealed,
  type RawEvent,
} from '@baton/kernel';
import { seal, unseal } from '../keys/seal';

type UnsealedEvent = Omit<EventToAppend, 'meta'> & { readonly meta: Omit<EventMeta, 'schema'> };
type Fields = Readonly<Record<string, unknown>>;
type Secret = Awaited<ReturnType<KeyStore['secret']>>;
const VERSION = 'v1.';
/** Names of the secrets in the key store for hashes of command bodies and for search tokens. */
const HASH_SECRET = 'command-hashes';
const TOKEN_SECRET = 'search-tokens';
const TOKEN_BYTES = 16;

/**
 * A journal that encrypts personal fields: in the log each is ciphertext, sealed with the key of the event's lead and
 * bound to the event's id, its type and the field's name.
 */
export class SealedJournal extends Journal {
  /** Cached secrets. If another process rotates one, both versions stay valid. */
  private readonly newest = new Map<string, Promise<Secret>>();
  private readonly older = new Map<string, Promise<Secret | undefined>>();

  constructor(
    private readonly log: EventLog,
    private readonly catalogue: ReadonlyMap<string, EventSchema>,
    private readonly keys: KeyStore,
  ) {
    super();
  }

  /**
   * @throws BatonError `event/wrong-schema` if an event does not match its own schema (a defect); nothing is written
   * @throws Refused `lead/erased` for personal fields of an erased person
   */
  async append(stream: string, facts: readonly UnsealedEvent[], expected: number | 'none', options?: AppendOptions) {
    return this.log.append(stream, await this.sealed(facts), expected, options);
  }

  /** As `EventLog.appendDeferred`, of events as `append` takes them; it throws what that throws. */
  async appendDeferred(stream: string, facts: readonly UnsealedEvent[]): Promise<void> {
    const events = this.sealed(facts);
    return this.log.appendDeferred(stream, events instanceof Promise ? await events : events);
  }

  /** At once where there is nothing to seal: where requests are traced, each promise takes as long as some texts. */
  private sealed(facts: readonly UnsealedEvent[]): readonly EventToAppend[] | Promise<readonly EventToAppend[]> {
    const checked = facts.map((fact) => ({ fact, schema: this.check(fact), personal: this.personalOf(fact) }));
    const owners = checked.flatMap(({ fact, personal, schema }) =>
      personal.length > 0 ? [keySubjectOf(schema.keyOwners, fact.data as Fields)!] : [],
    );
    const withKeys = (keys: ReadonlyMap<string, Buffer>) =>
      checked.map(({ fact, schema, personal }): EventToAppend => {
        const meta = { ...fact.meta, schema: schema.version };
        if (personal.length === 0) return { ...fact, meta };
        const data: Record<string, unknown> = { ...(fact.data as Fields) };
        const owner = keySubjectOf(schema.keyOwners, data);
        for (const field of personal) {
          const text = Buffer.from(JSON.stringify(data[field]));
          const ciphertext = seal(keys.get(owner!)!, text, sealContextOf(fact, field));
          data[field] = { $sealed: VERSION + ciphertext.toString('base64') };
        }
        return { ...fact, data, meta };
      });
    return owners.length > 0 ? this.keysOf(owners).then(withKeys) : withKeys(new Map());
  }

  async read(stream: string, from = 0): Promise<readonly StoredEvent[]> {
    return (await this.log.read(stream, from)).map((event) => this.decode(event));
  }

  /** @throws UnknownType `event/unknown-type`, `event/future-version`, `event/wrong-schema` */
  decode(event: RawEvent): StoredEvent {
    const data = upcast(this.catalogue, { ...event, data: this.withContext(event) });
    return { ...event, data, occurredAt: event.meta.occurredAt };
  }

  async open(values: readonly Sealed[]): Promise<readonly (Json | undefined | UnknownType)[]> {
    if (values.length === 0) return [];
    const keys = await this.keys.find([...new Set(values.map(({ subject }) => subject))]);
    return values.map((value) => {
      const key = keys.get(value.subject);
      return key === undefined ? keyMissing(value) : key === null ? undefined : decrypt(key, value);
    });
  }

  async tokens(field: string, terms: readonly string[]): Promise<readonly (readonly string[])[]> {
    const secrets = await this.keys.ensureSecrets(TOKEN_SECRET);
    return terms.map((term) =>
      secrets.map(({ value }) =>
        createHmac('sha256', value).update(`${field}\n${term}`).digest().subarray(0, TOKEN_BYTES).toString('base64url'),
      ),
    );
  }

  /** @returns the version of the secret, then the HMAC: `1.3f9a…` */
  async hashOf(
    { type, data }: Pick<AnyCommand, 'type' | 'data'>,
    { personal, keyOwners }: Pick<CommandSchema, 'personal' | 'keyOwners'>,
    like?: string,
  ): Promise<string | Refused> {
    const { version, value } = await this.secret(
      HASH_SECRET,
      like === undefined ? undefined : Number.parseInt(like, 10),
    );
    const body: Record<string, unknown> = { ...(data as Fields) };
    const present = personal.filter((field) => body[field] !== undefined);
    const owner = keySubjectOf(keyOwners, body);
    if (present.length > 0 && owner !== undefined) {
      const foundKeys = await this.keysOf([owner]).catch((error: unknown) => {
        if (error instanceof Refused) return error;
        throw error;
      });
      if (foundKeys instanceof Refused) return foundKeys;
      const key = foundKeys.get(owner)!;
      for (const field of present)
        body[field] = createHmac('sha256', key)
          .update(`${field}\n${canonicalJson(body[field])}`)
          .digest('hex');
    }
    const hash = createHmac('sha256', value).update(canonicalJson({ data: body, type }));
    return `${version}.${hash.digest('hex').slice(0, 32)}`;
  }

  /** The requested version of a secret if it exists, otherwise the newest. */
  private async secret(name: string, version?: number): Promise<Secret> {
    let newest = this.newest.get(name);
    if (!newest) {
      this.newest.set(name, (newest = this.keys.secret(name)));
      newest.catch(() => this.newest.delete(name)); // a later call tries again
    }
    const current = await newest;
    if (version === undefined || version === current.version || Number.isNaN(version)) return current;
    const cacheKey = `${name}@${version}`;
    let other = this.older.get(cacheKey);
    if (!other) {
      other = this.keys.secrets(name).then((all) => all.find((each) => each.version === version));
      this.older.set(cacheKey, other);
      other.catch(() => this.older.delete(cacheKey));
    }
    return (await other) ?? current;
  }

  /** @throws Refused `lead/erased`; `keys/erased` for the key of somebody else, or of a deal */
  private async keysOf(subjects: readonly string[]): Promise<ReadonlyMap<string, Buffer>> {
    try {
      return await this.keys.make([...new Set(subjects)]);
    } catch (error) {
      if (!(error instanceof Refused && error.code === 'keys/erased')) throw error;
      if (subjects.some((subject) => subject.includes('/')))
        throw new Refused('keys/erased', 'The key of these personal fields was destroyed; leave them out.', error.path);
      throw new Refused('lead/erased', 'This person was erased; leave out the personal fields.', 'leadId');
    }
  }

  private check(fact: UnsealedEvent): EventSchema {
    const schema = this.catalogue.get(fact.type);
    const fault = schema ? schema.faultOf(fact.data) : { path: '', message: 'no such event type' };
    if (!schema || fault) throw wrongSchema(fact, fault!);
    return schema;
  }

  /** The personal fields that have a value. */
  private personalOf(fact: UnsealedEvent): readonly string[] {
    const { personal, keyOwners } = this.catalogue.get(fact.type)!;
    const present = personal.filter((name) => (fact.data as Fields)[name] !== undefined);
    if (present.length > 0 && !keySubjectOf(keyOwners, fact.data as Fields))
      throw wrongSchema(fact, { path: 'leadId', message: 'personal fields need a lead' });
    return present;
  }

  /** The data with what is needed to open its sealed fields: their subject, and the context that they are bound to. */
  private withContext(event: RawEvent): unknown {
    const { type, data, meta } = event;
    const schema = this.catalogue.get(type);
    if (!schema || typeof data !== 'object' || data === null) return data;
    // In an older version, personal fields may have other names.
    const names = meta.schema === schema.version ? schema.personal : Object.keys(data);
    const sealed = names.filter((name) => isSealed((data as Fields)[name]));
    if (sealed.length === 0) return data;
    const subject = keySubjectOf(schema.keyOwners, data);
    const withContext = { ...(data as Fields) };
    for (const name of sealed)
      withContext[name] = { ...(withContext[name] as Sealed), subject, context: sealContextOf(event, name) };
    return withContext;
  }
}

const wrongSchema = ({ id, type }: UnsealedEvent, { path, message }: { path: string; message: string }) =>
  new BatonError('event/wrong-schema', `Event ${id}: ${message}`, `${type}.${path}`);

const sealContextOf = ({ id, type }: { readonly id: string; readonly type: string }, field: string) =>
  `${id} ${type}.${field}`;

const decrypt = (key: Buffer, { $sealed, context }: Sealed): Json | UnknownType => {
  try {
    if (!$sealed.startsWith(VERSION)) throw new Error('unknown form');
    return JSON.parse(unseal(key, Buffer.from($sealed.slice(VERSION.length), 'base64'), context).toString()) as Json;
  } catch {
    const [id, field] = eventAndFieldOf({ context });
    return new UnknownType('event/unreadable', `The field ${field} of event ${id} cannot be read.`, field);
  }
};

/** The event and field that a value was sealed for. Error messages name these and no value. */
const eventAndFieldOf = ({ context }: Pick<Sealed, 'context'>) => context.split(' ') as [event: string, field: string];

const keyMissing = (value: Sealed) => {
  const [id, field] = eventAndFieldOf(value);
  return new UnknownType(
    'event/no-key',
    `The key of the field ${field} of event ${id} is not in the key store; restore the keys of this log.`,
    field,
  );
};
