import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { BSON, type Document } from 'mongodb';
import { MongodbRefusal, StoredCollection } from './mongodb-collection';
import { commands, type Held } from './mongodb-commands';

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const CHECKSUM_PRESENT = 1;
const MORE_TO_COME = 2;

/** Fields that any command may carry; none of them changes what a server of one member in memory does. */
const ANYWHERE = [
  ...['$db', '$readPreference', '$clusterTime', 'lsid', 'txnNumber', 'readConcern', 'writeConcern', 'maxTimeMS'],
  'comment',
];

/**
 * A MongoDB for the real driver: its wire protocol on the loopback interface, its data in memory. It looks like a
 * replica set of one member and guarantees no more than MongoDB does: no order without a sort, bulk writes that are
 * applied document by document while others continue, no memory of retried writes. An unknown command or field is an
 * error.
 */
export class MongodbServer {
  private readonly held: Held = { databases: new Map(), cursors: new Map(), lastCursor: 0 };
  /** Delay of a command, in milliseconds; not of the driver's handshake. */
  answersAfterMs = 0;
  /** Maximum number of concurrent unanswered commands. */
  mostAtOnce = 0;
  private unanswered = 0;
  private readonly sockets = new Set<Socket>();
  private listener: Server | undefined;
  private bound = 0;
  private awaited: { writes: number; readonly then: () => unknown } | undefined;

  static async start(): Promise<MongodbServer> {
    const server = new MongodbServer();
    await server.start();
    return server;
  }

  /** Listens again after `stop`, on the same port and over the same data. */
  async start(): Promise<void> {
    if (this.listener) throw new Error('The fake MongoDB is running already.');
    const listener = createServer({ noDelay: true }, (socket) => this.serve(socket));
    listener.listen(this.bound, '127.0.0.1');
    await once(listener, 'listening');
    this.listener = listener;
    this.bound = (listener.address() as AddressInfo).port;
  }

  /** Ends all connections and cursors, and refuses new connections. The data stays. */
  async stop(): Promise<void> {
    const { listener } = this;
    if (!listener) return;
    this.listener = undefined;
    const closed = once(listener, 'close');
    listener.close();
    this.cut();
    this.held.cursors.clear();
    await closed;
  }

  /** Ends the existing connections; new ones are accepted. What they requested may or may not be done. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Runs a function once after that many documents are written: a cut then leaves a bulk half applied. */
  afterWrites(writes: number, then: () => unknown): void {
    this.awaited = { writes, then };
  }

  get port(): number {
    return this.bound;
  }
  /** @param database that the address names */
  url(database = 'baton'): string {
    return `mongodb://127.0.0.1:${this.port}/${database}?directConnection=true`;
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    let bytes: Buffer = Buffer.alloc(0);
    let before = Promise.resolve();
    socket.on('data', (piece: Buffer) => {
      bytes = bytes.length === 0 ? piece : Buffer.concat([bytes, piece]);
      while (bytes.length >= 4 && bytes.length >= bytes.readInt32LE(0)) {
        const message = bytes.subarray(0, bytes.readInt32LE(0));
        bytes = bytes.subarray(message.length);
        before = before.then(() => this.answer(socket, message));
      }
    });
  }

  private async answer(socket: Socket, message: Buffer): Promise<void> {
    const [requestId, operation] = [message.readInt32LE(4), message.readInt32LE(12)];
    if (operation === OP_QUERY) {
      // Drivers begin with it: only a `hello` comes in this old form.
      const body = BSON.serialize(await this.run({ hello: 1, $db: 'admin' }, socket));
      const reply = Buffer.alloc(20);
      reply.writeInt32LE(1, 16); // documents
      return send(socket, requestId, OP_REPLY, Buffer.concat([reply, body]));
    }
    if (operation !== OP_MSG) return void socket.destroy(new Error(`There is no operation ${operation}.`));
    const flags = message.readUInt32LE(16);
    const command = commandOf(message, (flags & CHECKSUM_PRESENT) !== 0);
    const counted = !('hello' in command);
    if (counted) this.mostAtOnce = Math.max(this.mostAtOnce, ++this.unanswered);
    if (counted && this.answersAfterMs > 0) await delay(this.answersAfterMs);
    const answer = await this.run(command, socket);
    if (counted) this.unanswered--;
    if (flags & MORE_TO_COME) return;
    const body = BSON.serialize(answer, { ignoreUndefined: true });
    send(socket, requestId, OP_MSG, Buffer.concat([Buffer.alloc(5), body]));
  }

  private async run(command: Document, socket: Socket): Promise<Document> {
    const name = Object.keys(command)[0]!;
    try {
      const known = commands.get(name);
      if (!known) throw new MongodbRefusal(59, 'CommandNotFound', `no such command: '${name}'`);
      const foreign = Object.keys(command).find((field) => ![name, ...known.fields, ...ANYWHERE].includes(field));
      if (foreign)
        throw new MongodbRefusal(40415, 'Location40415', `the fake MongoDB does not know the field ${name}.${foreign}`);
      const db = String(command['$db']);
      const answer = await known.run(command, {
        held: this.held,
        db,
        value: command[name] as unknown,
        address: `127.0.0.1:${this.port}`,
        collection: (wanted) => this.collection(db, wanted),
        written: () => this.written(socket),
      });
      return { ...answer, ok: 1 };
    } catch (error) {
      const refusal =
        error instanceof MongodbRefusal ? error : new MongodbRefusal(2, 'BadValue', (error as Error).message);
      const { code, codeName, message: errmsg, details } = refusal;
      return { ok: 0, errmsg, code, codeName, ...details };
    }
  }

  /** The collection of that name, created if it does not exist. */
  private collection(db: string, name: string): StoredCollection {
    const { databases } = this.held;
    const collections = databases.get(db) ?? new Map<string, StoredCollection>();
    databases.set(db, collections);
    const found = collections.get(name) ?? new StoredCollection(`${db}.${name}`);
    collections.set(name, found);
    return found;
  }

  /** Between two documents of a bulk: others run, and a closed connection ends it. */
  private async written(socket: Socket): Promise<void> {
    const { awaited } = this;
    if (awaited && --awaited.writes === 0) {
      this.awaited = undefined;
      awaited.then();
    }
    await new Promise(setImmediate);
    if (socket.destroyed) throw new MongodbRefusal(279, 'ClientDisconnect', 'operation was interrupted');
  }
}

const send = (socket: Socket, responseTo: number, operation: number, rest: Buffer): void => {
  const header = Buffer.alloc(16);
  header.writeInt32LE(header.length + rest.length, 0);
  header.writeInt32LE(responseTo, 8);
  header.writeInt32LE(operation, 12);
  if (!socket.destroyed) socket.write(Buffer.concat([header, rest]));
};

/** The command in a message: its document, and what came beside it as sequences. */
const commandOf = (message: Buffer, checksum: boolean): Document => {
  const end = message.length - (checksum ? 4 : 0);
  let command: Document = {};
  const sequences: Document = {};
  for (let at = 20; at < end;) {
    const kind = message[at]!;
    const size = message.readInt32LE(at + 1);
    const section = message.subarray(at + 1, at + 1 + size);
    if (kind === 0) command = BSON.deserialize(section);
    else {
      const nameEnd = section.indexOf(0, 4);
      const documents: Document[] = [];
      for (let next = nameEnd + 1; next < size;) {
        const length = section.readInt32LE(next);
        documents.push(BSON.deserialize(section.subarray(next, next + length)));
        next += length;
      }
      sequences[section.toString('utf8', 4, nameEnd)] = documents;
    }
    at += 1 + size;
  }
  return { ...command, ...sequences };
};
