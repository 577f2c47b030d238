import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { GraphQLSchemaHost } from '@nestjs/graphql';
import { codeOf, Refused } from '@baton/kernel';
import {
  createSourceEventStream,
  execute,
  GraphQLError,
  specifiedRules,
  validate,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLFormattedError,
} from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import { useServer, type Extra } from 'graphql-ws/use/ws';
import type { Logger } from 'pino';
import { WebSocketServer, type WebSocket } from 'ws';
import { ACTS_FOR, type Access, type CallerIdentity, type RefusedAccess } from '../access';
import type { Admission } from './admission';
import type { Nodes } from './caller';
import { formatterOf, isGraphqlPath } from './errors';
import { limits, assertWithinLimit } from './limits';
import { withWithheld, type RequestReads } from './request-reads';

/** Close codes of the socket: 4403 who may not listen (any more), 4429 who does not keep up or has enough, 1001 the server goes. */
const FORBIDDEN = 4403;
const TOO_MANY = 4429;
const TOO_SLOW = 4429;
const GOING_AWAY = 1001;
const CLOSING_MS = 1_000;
const TERMINATE_MS = 5_000;
const KEEP_ALIVE_MS = 12_000;

/** What a connection says of its caller, as the headers of a request do. */
interface ConnectionCredentials {
  readonly authorization: string | undefined;
  readonly actsFor: string | undefined;
}
interface SubscriptionContext {
  caller: CallerIdentity;
  readonly credentials: ConnectionCredentials;
  readonly socket: WebSocket;
  readonly reads: RequestReads;
  readonly nodes: Nodes;
  readonly endController: AbortController;
}
interface Connection {
  readonly connectionParams?: Readonly<Record<string, unknown>>;
  readonly subscriptions: Readonly<Record<string, unknown>>;
  readonly extra: Extra;
}

/** Subscriptions over WebSocket (graphql-transport-ws): who may listen is asked again before every answer. */
export class Subscriptions {
  private readonly sockets = new WebSocketServer({ noServer: true, maxPayload: limits.messageBytes.max });
  private readonly format: ReturnType<typeof formatterOf>;
  /** Who has not said who it is, the first to come first: when there are too many, the first gives way. */
  private readonly notSignedIn = new Set<WebSocket>();
  /** By actor, whichever of its keys it shows. */
  private readonly connections = new Map<string, Set<Connection>>();

  constructor(
    private readonly host: GraphQLSchemaHost,
    private readonly access: Access,
    private readonly admission: Admission,
    /** Of one answer to a caller. */
    private readonly readsOf: (caller: CallerIdentity) => RequestReads,
    private readonly nodes: Nodes,
    private readonly refused: RefusedAccess,
    logger: Logger,
  ) {
    this.format = formatterOf(logger);
    useServer(
      {
        connectionInitWaitTimeout: limits.signInMs.max,
        onConnect: (context) => this.connect(context),
        onSubscribe: (context, _, payload) => this.admit(context, payload),
        subscribe: (args) => this.subscribe(args),
        onNext: (_context, _id, _payload, _args, { errors, ...result }) => ({
          ...result,
          ...(errors && { errors: this.formatted(errors) }),
        }),
        onError: (_context, _id, _payload, errors) => this.formatted(errors),
      },
      this.sockets,
      KEEP_ALIVE_MS,
    );
  }

  listen(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy());
      if (!isGraphqlPath(request.url))
        return reject(socket, '404 Not Found', 'http/not-found', 'There is no resource at this address.');
      if (this.signedIn >= limits.connections.max)
        return reject(
          socket,
          '503 Service Unavailable',
          limits.connections.code,
          'The server has 500 subscribers already; try again later.',
        );
      this.sockets.handleUpgrade(request, socket, head, (client) => {
        client.on('error', () => undefined); // a frame that is too large or no frame: ws closes the socket
        this.waitForSignIn(client);
        this.sockets.emit('connection', client, request);
      });
    });
  }

  private get signedIn(): number {
    return [...this.connections.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** Lets somebody say who it is: for some seconds, and while others are not more in need of the place. */
  private waitForSignIn(client: WebSocket): void {
    const [first] = this.notSignedIn;
    if (first && this.notSignedIn.size >= limits.waitingConnections.max) first.terminate();
    this.notSignedIn.add(client);
    // The protocol closes it in time; who does not answer that is cut off.
    const timer = setTimeout(() => {
      if (this.notSignedIn.has(client)) client.terminate();
    }, limits.signInMs.max + CLOSING_MS);
    client.once('close', () => {
      clearTimeout(timer);
      this.notSignedIn.delete(client);
    });
  }

  /** Tells every subscriber that the server goes, and cuts off who does not hear it. */
  async close(): Promise<void> {
    const gone = [...this.sockets.clients].map((client) => {
      client.close(GOING_AWAY, 'subscription/server-closing');
      return new Promise<void>((resolve) => client.once('close', () => resolve()));
    });
    const timer = setTimeout(() => this.sockets.clients.forEach((client) => client.terminate()), CLOSING_MS);
    await Promise.all(gone);
    clearTimeout(timer);
    this.sockets.close();
  }

  private credentialsOf({ connectionParams }: Connection): ConnectionCredentials {
    const given = (name: string): string | undefined => {
      const value = Object.entries(connectionParams ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
      return typeof value === 'string' ? value : undefined;
    };
    return { authorization: given('authorization'), actsFor: given(ACTS_FOR) };
  }

  private async connect(context: Connection): Promise<boolean> {
    const { socket } = context.extra;
    try {
      const { actor } = await this.callerOf(this.credentialsOf(context));
      if (!this.join(actor, context)) socket.close(TOO_MANY, limits.connections.code);
      return socket.readyState === socket.OPEN;
    } catch (error) {
      this.refused.note('Subscription', codeOf(error));
      socket.close(FORBIDDEN, codeOf(error));
      return false;
    }
  }

  /** @returns false where there are too many, of this caller or of all */
  private join(actor: string, context: Connection): boolean {
    const { socket } = context.extra;
    const own = this.connections.get(actor) ?? new Set();
    if (own.size >= limits.callerConnections.max || this.signedIn >= limits.connections.max) return false;
    if (socket.readyState !== socket.OPEN) return true; // it has left meanwhile
    this.notSignedIn.delete(socket);
    this.connections.set(actor, own.add(context));
    socket.once('close', () => {
      own.delete(context);
      if (own.size === 0 && this.connections.get(actor) === own) this.connections.delete(actor);
    });
    return true;
  }

  private subscriptionsOf(actor: string): number {
    const own = [...(this.connections.get(actor) ?? [])];
    return own.reduce((sum, { subscriptions }) => sum + Object.keys(subscriptions).length, 0);
  }

  private async callerOf({ authorization, actsFor }: ConnectionCredentials): Promise<CallerIdentity> {
    const caller = await this.access.authenticate(authorization, actsFor);
    if (!caller)
      throw new Refused('access/unauthenticated', 'Send authorization in the connection parameters.', 'authorization');
    return caller;
  }

  private async admit(context: Connection, payload: SubscribePayload): Promise<ExecutionArgs | GraphQLError[]> {
    try {
      assertWithinLimit('subscriptions', Object.keys(context.subscriptions).length);
      const { document, variables, operationName, operations } = this.admission.admit(payload);
      if (operations.some((operation) => operation !== ('subscription' as never)))
        throw new Refused(
          'graphql/subscriptions-only',
          'Only subscriptions are available over WebSocket; send queries and mutations by POST.',
          'query',
        );
      const schema = this.host.schema;
      const faults = validate(schema, document, specifiedRules, { maxErrors: 5 });
      if (faults.length > 0) return faults.map((fault) => withCode(fault, 'GRAPHQL_VALIDATION_FAILED'));
      const shown = this.credentialsOf(context);
      const caller = await this.callerOf(shown);
      assertWithinLimit('callerSubscriptions', this.subscriptionsOf(caller.actor));
      const { socket } = context.extra;
      const contextValue: SubscriptionContext = {
        caller,
        credentials: shown,
        socket,
        reads: this.readsOf(caller),
        nodes: this.nodes,
        endController: new AbortController(),
      };
      return { schema, document, variableValues: variables, operationName, contextValue };
    } catch (error) {
      return [new GraphQLError((error as Error).message, { originalError: error as Error })];
    }
  }

  /** The answers of a subscription: pulled one by one, each only when the one before is on its way. */
  private async subscribe(args: ExecutionArgs): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
    const source = await createSourceEventStream(args);
    if (!(Symbol.asyncIterator in source)) {
      const { caller } = args.contextValue as SubscriptionContext;
      for (const error of source.errors ?? []) this.refused.note('Subscription', codeOf(error.originalError), caller);
      return {
        ...source,
        // What has no error behind it is a variable that does not fit.
        errors: source.errors?.map((error) => (error.originalError ? error : withCode(error, 'BAD_USER_INPUT'))),
      };
    }
    const context = args.contextValue as SubscriptionContext;
    const events = source[Symbol.asyncIterator]();
    let patience: NodeJS.Timeout | undefined;
    const end = () => {
      clearTimeout(patience);
      context.endController.abort();
      // Not awaited: a source in the middle of waiting ends by the signal.
      void Promise.resolve(events.return?.()).catch(() => undefined);
      return Promise.resolve({ done: true as const, value: undefined });
    };
    const cut = (status: number, code: string) => {
      context.socket.close(status, code);
      return end();
    };
    const answers: AsyncIterableIterator<ExecutionResult> = {
      [Symbol.asyncIterator]: () => answers,
      next: async () => {
        clearTimeout(patience);
        if (context.endController.signal.aborted) return end();
        const { done, value } = await events.next();
        if (done || context.endController.signal.aborted) return end();
        try {
          context.caller = await this.callerOf(context.credentials);
        } catch (error) {
          this.refused.note('Subscription', codeOf(error), context.caller);
          return cut(FORBIDDEN, codeOf(error));
        }
        const reads = this.readsOf(context.caller);
        const contextValue: SubscriptionContext = { ...context, reads };
        const answered = await execute({ ...args, contextValue, rootValue: value });
        const result = withWithheld(answered, reads);
        patience = setTimeout(() => {
          void cut(TOO_SLOW, limits.patienceMs.code);
          setTimeout(() => context.socket.terminate(), TERMINATE_MS).unref();
        }, limits.patienceMs.max);
        return { done: false, value: result };
      },
      return: end,
      throw: end,
    };
    return answers;
  }

  private formatted(errors: readonly GraphQLError[]): readonly GraphQLFormattedError[] {
    return errors.map((error) => this.format(error.toJSON(), error.originalError ?? error));
  }
}

const withCode = ({ message, nodes }: GraphQLError, code: string) =>
  new GraphQLError(message, { nodes, extensions: { code } });

const reject = (socket: Duplex, status: string, code: string, message: string): void => {
  const body = JSON.stringify({ errors: [{ message, extensions: { code } }] });
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
};
