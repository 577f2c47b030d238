import {
  BatonError,
  Journal,
  UnknownType,
  upcast,
  type AppendOptions,
  type EventLog,
  type EventMeta,
  type EventSchema,
  type Json,
  type KeyStore,
  type NewEvent,
  type Recorded,
  type StoredEvent,
} from '@baton/kernel';
import { seal, unseal } from '../keys/seal';

type Unsealed = Omit<NewEvent, 'meta'> & { readonly meta: Omit<EventMeta, 'schema'> };
type Fields = Readonly<Record<string, unknown>>;
const VERSION = 'v1.';

/**
 * The journal that keeps personal fields encrypted: in the log they are one text, `$personal`, sealed with the key of
 * the event's lead and bound to the event's id and type. Without that key (the person was erased) they are absent.
 */
export class SealedJournal extends Journal {
  constructor(
    private readonly log: EventLog,
    private readonly catalogue: ReadonlyMap<string, EventSchema>,
    private readonly keys: KeyStore,
  ) {
    super();
  }

  /**
   * @throws BatonError `event/wrong-schema` for facts that break their own schema: a defect, nothing is written
   * @throws Refused `keys/erased` for personal fields of an erased person
   */
  async append(stream: string, facts: readonly Unsealed[], expected: number | 'none', options?: AppendOptions) {
    const checked = facts.map((fact) => ({ fact, schema: this.check(fact), personal: this.personalOf(fact) }));
    const owners = checked.flatMap(({ fact, personal }) => (personal ? [ownerOf(fact)] : []));
    const keys = owners.length > 0 ? await this.keys.make([...new Set(owners)]) : new Map<string, Buffer>();
    const events = checked.map(({ fact, schema, personal }): NewEvent => {
      const meta = { ...fact.meta, schema: schema.version };
      if (!personal) return { ...fact, meta };
      const data = Object.fromEntries(Object.entries(fact.data as Fields).filter(([name]) => !(name in personal)));
      const text = Buffer.from(JSON.stringify(personal));
      const sealed = seal(keys.get(ownerOf(fact))!, text, contextOf(fact)).toString('base64');
      return { ...fact, data: { ...data, $personal: VERSION + sealed }, meta };
    });
    return this.log.append(stream, events, expected, options);
  }

  async read(stream: string, from = 0, open = false): Promise<readonly Recorded[]> {
    const events = (await this.log.read(stream, from)).map((event) => this.decode(event));
    return open ? this.open(events) : events;
  }

  /** @throws UnknownType `event/unknown-type`, `event/future-version`, `event/wrong-schema` */
  decode(event: StoredEvent): Recorded {
    return { ...event, data: upcast(this.catalogue, event), occurredAt: event.meta.occurredAt };
  }

  /** @throws UnknownType `event/unreadable` where the sealed fields were altered or sealed with another key */
  async open(events: readonly Recorded[]): Promise<readonly Recorded[]> {
    const owners = new Set(events.filter(isSealed).map(ownerOf));
    if (owners.size === 0) return events;
    const keys = await this.keys.find([...owners]);
    return events.map((event) => {
      if (!isSealed(event)) return event;
      const { $personal, ...data } = event.data as { readonly $personal: string; readonly [field: string]: Json };
      const key = keys.get(ownerOf(event));
      return { ...event, data: key ? { ...data, ...unsealed(event, key, $personal) } : data };
    });
  }

  private check(fact: Unsealed): EventSchema {
    const schema = this.catalogue.get(fact.type);
    const fault = schema ? schema.faultOf(fact.data) : { path: '', message: 'no such event type' };
    if (!schema || fault || '$personal' in (fact.data as Fields))
      throw wrongSchema(fact, fault ?? { path: '$personal', message: 'sealed already' });
    return schema;
  }

  /** The personal fields that the fact has; undefined for none. */
  private personalOf(fact: Unsealed): Fields | undefined {
    const fields = this.catalogue.get(fact.type)!.personal;
    const present = fields.filter((name) => (fact.data as Fields)[name] !== undefined);
    if (present.length === 0) return undefined;
    if (!ownerOf(fact)) throw wrongSchema(fact, { path: 'leadId', message: 'personal fields need a lead' });
    return Object.fromEntries(present.map((name) => [name, (fact.data as Fields)[name]]));
  }
}

const wrongSchema = ({ id, type }: Unsealed, { path, message }: { path: string; message: string }) =>
  new BatonError('event/wrong-schema', `Event ${id}: ${message}`, `${type}.${path}`);

const ownerOf = ({ data }: { readonly data: unknown }): string => (data as { readonly leadId: string }).leadId;
const contextOf = ({ id, type }: { readonly id: string; readonly type: string }) => `${id}\n${type}`;
const isSealed = ({ data }: Recorded): boolean =>
  typeof data === 'object' && data !== null && typeof (data as Fields)['$personal'] === 'string';

const unsealed = (event: Recorded, key: Buffer, sealed: string): Record<string, Json> => {
  try {
    if (!sealed.startsWith(VERSION)) throw new Error('unknown form');
    const bytes = Buffer.from(sealed.slice(VERSION.length), 'base64');
    return JSON.parse(unseal(key, bytes, contextOf(event)).toString()) as Record<string, Json>;
  } catch {
    // Whatever went wrong, the error names the event and nothing that it says.
    throw new UnknownType('event/unreadable', `The personal fields of event ${event.id} cannot be read.`, event.type);
  }
};
