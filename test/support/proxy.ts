import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Effects of a connection on its bytes. Times in milliseconds, sizes in bytes; all together, or none. */
export interface Faults {
  /** Delay of each piece, in each direction. */
  readonly latencyMs?: number;
  /** Maximum bytes per second in each direction. */
  readonly bytesPerSecond?: number;
  /** New connections are reset at once. */
  readonly refuses?: boolean;
  /** Half-open: new and existing connections stay open, but no data passes any more. */
  readonly silent?: boolean;
  /** A connection is reset once that much has passed in one direction, counted from now; 0: the first byte is lost. */
  readonly resetsAfter?: { readonly fromServer?: number; readonly fromClient?: number };
  /** The first of these resets restores the connection. */
  readonly resetsOnce?: boolean;
  /** Delay of the end of a connection. */
  readonly slowCloseMs?: number;
}
type Direction = 'fromServer' | 'fromClient';

interface Link {
  readonly client: Socket;
  readonly server: Socket | undefined;
  dead: boolean;
  readonly passed: Record<Direction, number>;
}

/** A TCP proxy that disturbs the connections through it; the effects can be changed while it runs. */
export class FaultProxy {
  private readonly links = new Set<Link>();
  private faults: Faults = {};
  /** Connections that it has reset because so much had passed. */
  resets = 0;
  /** Bytes that it received and dropped. */
  swallowed = 0;
  private constructor(
    private readonly target: () => number,
    private readonly wait: (ms: number) => Promise<unknown>,
    private readonly listener: Server,
  ) {
    listener.on('connection', (client) => this.join(client));
  }

  /**
   * @param target port on this machine, read at each connection, so that a server may return elsewhere
   * @param wait   how delays are awaited
   */
  static async to(
    target: number | (() => number),
    wait: (ms: number) => Promise<unknown> = sleep,
  ): Promise<FaultProxy> {
    const listener = createServer({ allowHalfOpen: true, noDelay: true });
    const proxy = new FaultProxy(typeof target === 'number' ? () => target : target, wait, listener);
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.listener.address() as AddressInfo).port;
  }
  /** Open connections. */
  get open(): number {
    return this.links.size;
  }

  /** Sets the effects from now on; `{}` removes them (silent connections stay silent: their peer has given them up). */
  become(faults: Faults): void {
    this.faults = faults;
    for (const link of this.links) {
      link.passed.fromClient = link.passed.fromServer = 0;
      if (faults.silent) link.dead = true;
    }
  }

  /** Resets every open connection. */
  cut(): void {
    for (const link of [...this.links]) this.reset(link);
  }

  async close(): Promise<void> {
    this.cut();
    this.listener.close();
    await once(this.listener, 'close');
  }

  private join(client: Socket): void {
    client.on('error', () => undefined);
    if (this.faults.refuses) return void client.resetAndDestroy();
    const dead = this.faults.silent ?? false;
    const server = dead
      ? undefined
      : connect({ port: this.target(), host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const link: Link = { client, server, dead, passed: { fromClient: 0, fromServer: 0 } };
    this.links.add(link);
    for (const socket of [client, server])
      socket?.on('error', () => this.reset(link)).on('close', () => this.gone(link));
    void this.carry(link, 'fromClient', client, server);
    if (server) void this.carry(link, 'fromServer', server, client);
  }

  private async carry(link: Link, direction: Direction, from: Socket, to: Socket | undefined): Promise<void> {
    try {
      for await (const piece of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        const { latencyMs = 0, bytesPerSecond = Infinity } = this.faults;
        if (latencyMs > 0) await this.wait(latencyMs);
        if (bytesPerSecond < Infinity) await this.wait((piece.length / bytesPerSecond) * 1000);
        if (link.dead || !to) {
          this.swallowed += piece.length;
          continue;
        }
        const most = this.faults.resetsAfter?.[direction] ?? Infinity;
        const rest = most - link.passed[direction];
        link.passed[direction] += piece.length;
        const some = piece.length > rest || most === 0 ? piece.subarray(0, Math.max(0, rest)) : piece;
        if (some.length > 0 && !to.write(some)) await Promise.race([once(to, 'drain'), once(to, 'close')]);
        if (some.length < piece.length) {
          if (some.length > 0) await this.wait(20); // a reset discards what its receiver has not read yet
          this.resets++;
          if (this.faults.resetsOnce) this.faults = {};
          return this.reset(link);
        }
      }
      if (this.faults.slowCloseMs) await this.wait(this.faults.slowCloseMs);
      if (!link.dead) to?.end();
    } catch {
      this.reset(link);
    }
  }

  private reset(link: Link): void {
    this.links.delete(link);
    for (const socket of [link.client, link.server]) {
      if (!socket || socket.destroyed) continue;
      // The system refuses a reset after an end, and Node would then wait for that handle forever when it exits.
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
  }

  private gone(link: Link): void {
    if (link.client.destroyed && (link.server?.destroyed ?? true)) this.links.delete(link);
  }
}
