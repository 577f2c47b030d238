import { randomUUID } from 'node:crypto';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb';
import { BatchAppendReq, BatchAppendResp, ReadResp, type ReadReq } from '@eventstore/db-client/generated/streams_pb';
import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb';
import { SupportedMethod, SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb';
import {
  AllStreamPosition,
  Empty,
  MaximumAppendSizeExceeded,
  StreamDeleted,
  StreamIdentifier,
  Timeout,
  UUID,
  WrongExpectedVersion,
} from '@eventstore/db-client/generated/shared_pb';
import { Status } from '@eventstore/db-client/generated/status_pb';
import {
  Metadata,
  Server,
  ServerCredentials,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import { Any } from 'google-protobuf/google/protobuf/any_pb';

interface Stored {
  readonly id: string;
  readonly stream: string;
  readonly revision: number;
  readonly position: number;
  readonly created: number;
  readonly type: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}
type Sent = Pick<Stored, 'id' | 'type' | 'data' | 'metadata'>;
type Reading = ServerWritableStream<ReadReq, ReadResp>;

const MOST_BYTES = 1024 * 1024;
const TICKS_PER_MS = 10_000n;
const LAST = 2 ** 52;

/**
 * The part of EventStoreDB that the driver needs to append, read and subscribe, over real gRPC; in memory. As lenient
 * as the measured server: known ids are only looked up if the expected revision does not match.
 */
export class EventStoreServer {
  readonly all: Stored[] = [];
  /** Calls that came in, each once. */
  readonly calls = { append: 0, readStream: 0, readAll: 0, subscribe: 0 };
  /** Calls for the capabilities that fail from now on. */
  failures = 0;
  /** Delay of the response to an append, in milliseconds. */
  answersAfterMs = 0;
  /** If set, responses to appends are held here. */
  heldAnswers: (() => void)[] | undefined;
  /** Called when an append was written, before its response. */
  written: () => void = () => undefined;
  /** Called when a read or a subscription came in. */
  asked: () => void = () => undefined;
  /** Maximum number of concurrent unanswered appends. */
  mostAtOnce = 0;
  private unanswered = 0;
  private readonly byStream = new Map<string, Stored[]>();
  private readonly deleted = new Set<string>();
  /** Reads and subscriptions that the client has neither read to their end nor cancelled. */
  private readonly open = new Set<Reading>();
  private readonly subscribed = new Set<Reading>();
  private position = 1000;
  private readonly server = new Server({ 'grpc.max_receive_message_length': 20 * MOST_BYTES });

  static async start(): Promise<readonly [server: EventStoreServer, port: number]> {
    const fake = new EventStoreServer();
    fake.server.addService(StreamsService, {
      read: (call: Reading) => void fake.read(call),
      batchAppend: (call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>) => fake.batchAppend(call),
    });
    fake.server.addService(ServerFeaturesService, {
      getSupportedMethods: (_: ServerUnaryCall<Empty, SupportedMethods>, answer: sendUnaryData<SupportedMethods>) => {
        if (fake.failures-- > 0) return answer({ code: 13, details: 'a broken stream' });
        const method = new SupportedMethod()
          .setServiceName('event_store.client.streams.Streams')
          .setMethodName('batchAppend');
        answer(null, new SupportedMethods().setEventStoreServerVersion('23.10.0').setMethodsList([method]));
      },
    });
    const port = await new Promise<number>((resolve, reject) =>
      fake.server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    return [fake, port];
  }

  get subscriptions(): number {
    return this.subscribed.size;
  }
  get openStreams(): number {
    return this.open.size;
  }
  /** Subscriptions get nothing any more, but their connections live: pings are answered. */
  forget(): void {
    this.subscribed.clear();
  }
  /** Ends all subscriptions with an error, as a server does that shuts down. */
  disconnect(): void {
    for (const call of this.subscribed) call.emit('error', { code: 14, details: 'going away' });
  }
  /** Deletes a stream permanently, as the server's own tools do. */
  tombstone(stream: string): void {
    this.deleted.add(stream);
  }
  /** A system event of the server between the events. */
  collectStats(): void {
    this.store('$stats', { id: randomUUID(), type: '$stats', data: Buffer.from('{}'), metadata: Buffer.from('{}') });
  }
  stop(): void {
    this.server.forceShutdown();
  }

  private batchAppend(call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>): void {
    const open = new Map<string, { readonly options: BatchAppendReq.Options; readonly events: Sent[] }>();
    call.on('error', () => undefined).on('end', () => call.end());
    call.on('data', (request: BatchAppendReq) => {
      const id = request.getCorrelationId()!.getString();
      const batch = open.get(id) ?? { options: request.getOptions()!, events: [] };
      open.set(id, batch);
      for (const message of request.getProposedMessagesList())
        batch.events.push({
          id: message.getId()!.getString(),
          type: message.getMetadataMap().get('type')!,
          data: message.getData_asU8(),
          metadata: message.getCustomMetadata_asU8(),
        });
      if (!request.getIsFinal()) return;
      open.delete(id);
      this.calls.append++;
      this.mostAtOnce = Math.max(this.mostAtOnce, ++this.unanswered);
      const answer = this.append(batch.options, batch.events);
      this.written();
      answer.setCorrelationId(request.getCorrelationId()).setStreamIdentifier(batch.options.getStreamIdentifier());
      const deadline = batch.options.getDeadline()!.toDate().getTime();
      const send = () => {
        this.unanswered--;
        if (Date.now() > deadline) {
          const late = refusal('Timeout', new Timeout());
          late.setCorrelationId(request.getCorrelationId()).setStreamIdentifier(batch.options.getStreamIdentifier());
          call.write(late);
        } else call.write(answer);
      };
      if (this.heldAnswers) this.heldAnswers.push(send);
      else if (this.answersAfterMs > 0) setTimeout(send, this.answersAfterMs);
      else send();
    });
  }

  /**
   * At the current revision no ids are looked up. Below it, the same ids in sequence get the earlier result, anything
   * else is a conflict. `any` only knows what the server still remembers; this one remembers nothing.
   */
  private append(options: BatchAppendReq.Options, sent: readonly Sent[]): BatchAppendResp {
    const stream = Buffer.from(options.getStreamIdentifier()!.getStreamName_asU8()).toString();
    if (this.deleted.has(stream)) return refusal('StreamDeleted', new StreamDeleted());
    if (sent.reduce((sum, { data, metadata }) => sum + data.length + metadata.length, 0) > MOST_BYTES)
      return refusal('MaximumAppendSizeExceeded', new MaximumAppendSizeExceeded().setMaxappendsize(MOST_BYTES));
    const events = this.byStream.get(stream) ?? [];
    const next = options.hasAny() ? events.length : options.hasNoStream() ? 0 : Number(options.getStreamPosition()) + 1;
    if (next < events.length && sent.every(({ id }, n) => events[next + n]?.id === id))
      return success(events[next + sent.length - 1]!);
    if (next !== events.length) {
      const wrong = new WrongExpectedVersion();
      if (events.length > 0) wrong.setCurrentStreamRevision(String(events.length - 1));
      return refusal('WrongExpectedVersion', wrong);
    }
    const stored = sent.map((event) => this.store(stream, event));
    this.collectStats();
    return success(stored.at(-1)!);
  }

  private store(stream: string, event: Sent): Stored {
    const events = this.byStream.get(stream) ?? [];
    const stored = { ...event, stream, revision: events.length, position: (this.position += 97), created: Date.now() };
    this.byStream.set(stream, events);
    events.push(stored);
    this.all.push(stored);
    for (const call of this.subscribed) call.write(filtered(stored));
    return stored;
  }

  private async read(call: Reading): Promise<void> {
    this.open.add(call);
    let gone = false;
    for (const end of ['cancelled', 'error', 'close', 'finish'] as const)
      call.on(end, () => {
        gone = true;
        this.open.delete(call);
        this.subscribed.delete(call);
      });
    const options = call.request.getOptions()!;
    const subscribes = options.hasSubscription();
    this.calls[subscribes ? 'subscribe' : options.hasStream() ? 'readStream' : 'readAll']++;
    this.asked();
    const found = options.hasStream() ? this.readStream(call) : this.readAll(call);
    if (!found) return;
    if (subscribes) {
      const id = randomUUID();
      call.write(new ReadResp().setConfirmation(new ReadResp.SubscriptionConfirmation().setSubscriptionId(id)));
      for (const answer of found) call.write(answer);
      call.write(new ReadResp().setCaughtUp(new ReadResp.CaughtUp()));
      this.subscribed.add(call);
      return;
    }
    // No faster than the client reads: a client that stops reading keeps the stream open.
    for (const answer of found.slice(0, Number(options.getCount()))) {
      if (gone) return;
      if (!call.write(answer)) await drained(call);
    }
    call.end();
  }

  /** @returns undefined when the call ended with an error */
  private readStream(call: Reading): ReadResp[] | undefined {
    const options = call.request.getOptions()!;
    const asked = options.getStream()!;
    const identifier = asked.getStreamIdentifier()!;
    const stream = Buffer.from(identifier.getStreamName_asU8()).toString();
    if (this.deleted.has(stream)) {
      const metadata = new Metadata();
      metadata.set('exception', 'stream-deleted');
      metadata.set('stream-name', stream);
      call.emit('error', { code: 9, details: `Event stream '${stream}' is deleted.`, metadata });
      return undefined;
    }
    const events = [...(this.byStream.get(stream) ?? [])];
    if (events.length === 0)
      return [new ReadResp().setStreamNotFound(new ReadResp.StreamNotFound().setStreamIdentifier(identifier))];
    if (options.getReadDirection() === 1) return events.reverse().map(told);
    const from = asked.hasRevision() ? Number(asked.getRevision()) : 0;
    return events.filter(({ revision }) => revision >= from).map(told);
  }

  /** A forward read includes the event at its position; subscriptions and backward reads start after it. */
  private readAll(call: Reading): ReadResp[] {
    const options = call.request.getOptions()!;
    const asked = options.getAll()!;
    const backwards = options.getReadDirection() === 1;
    const from = asked.hasPosition() ? Number(asked.getPosition()!.getCommitPosition()) : backwards ? LAST : 0;
    // No more than requested: a response is expensive to make, and most reads want the last event only.
    const most = options.hasSubscription() ? Infinity : Number(options.getCount());
    if (backwards)
      return this.all
        .filter(({ position }) => position < from)
        .reverse()
        .slice(0, most)
        .map(told);
    const first = options.hasSubscription() ? from + 1 : from;
    return this.all
      .filter(({ position }) => position >= first)
      .slice(0, most)
      .map(options.hasFilter() ? filtered : told);
  }
}

/** Resolves when there is room again, or when nobody reads any more. */
const drained = (call: Reading): Promise<void> =>
  new Promise((resolve) => {
    const events = ['drain', 'cancelled', 'close'];
    const done = () => {
      for (const event of events) call.off(event, done);
      resolve();
    };
    for (const event of events) call.on(event, done);
  });

const identified = (stream: string) => new StreamIdentifier().setStreamName(Buffer.from(stream).toString('base64'));

const told = (event: Stored): ReadResp => {
  const position = String(event.position);
  const recorded = new ReadResp.ReadEvent.RecordedEvent()
    .setId(new UUID().setString(event.id))
    .setStreamIdentifier(identified(event.stream))
    .setStreamRevision(String(event.revision))
    .setCommitPosition(position)
    .setPreparePosition(position)
    .setData(event.data)
    .setCustomMetadata(event.metadata);
  recorded
    .getMetadataMap()
    .set('type', event.type)
    .set('content-type', 'application/json')
    .set('created', String(BigInt(event.created) * TICKS_PER_MS));
  return new ReadResp().setEvent(new ReadResp.ReadEvent().setEvent(recorded).setCommitPosition(position));
};

/** For a subscription without system events, one of these is progress only. */
const filtered = (event: Stored): ReadResp => {
  if (!event.type.startsWith('$')) return told(event);
  const position = String(event.position);
  return new ReadResp().setCheckpoint(
    new ReadResp.Checkpoint().setCommitPosition(position).setPreparePosition(position),
  );
};

const success = ({ revision, position }: Stored): BatchAppendResp =>
  new BatchAppendResp().setSuccess(
    new BatchAppendResp.Success()
      .setCurrentRevision(String(revision))
      .setPosition(new AllStreamPosition().setCommitPosition(String(position)).setPreparePosition(String(position))),
  );

const refusal = (name: string, details: { serializeBinary(): Uint8Array }): BatchAppendResp => {
  const packed = new Any();
  packed.pack(details.serializeBinary(), `event_store.client.${name}`);
  return new BatchAppendResp().setError(new Status().setMessage(name).setDetails(packed));
};
