import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a link does to the bytes that pass. Times in milliseconds, sizes in bytes; all together, or none. */
export interface Faults {
  /** Each piece waits so long, in each direction. */
  readonly latencyMs?: number;
  /** Each direction carries no more a second. */
  readonly bytesPerSecond?: number;
  /** New connections are reset at once. */
  readonly refuses?: boolean;
  /** Half-open: connections are accepted and stand, those that were there too, but nothing comes through ever again. */
  readonly silent?: boolean;
  /** A connection is reset once so much has passed in one direction, counted from now; 0: the first byte is lost. */
  readonly resetsAfter?: { readonly fromServer?: number; readonly fromClient?: number };
  /** The first of those resets heals the link. */
  readonly resetsOnce?: boolean;
  /** An end is passed on so much later. */
  readonly slowCloseMs?: number;
}
type Direction = 'fromServer' | 'fromClient';

interface Link {
  readonly client: Socket;
  readonly server: Socket | undefined;
  dead: boolean;
  readonly passed: Record<Direction, number>;
}

/** A TCP proxy that spoils the link behind it; how is changed while it runs. */
export class FaultProxy {
  private readonly links = new Set<Link>();
  private faults: Faults = {};
  /** Connections that it has reset because so much had passed. */
  resets = 0;
  /** Bytes that came to it and went no further. */
  swallowed = 0;
  private constructor(
    private readonly target: () => number,
    private readonly wait: (ms: number) => Promise<unknown>,
    private readonly listener: Server,
  ) {
    listener.on('connection', (client) => this.join(client));
  }

  /**
   * @param target port on this machine, asked for at each connection, so that a server may come back elsewhere
   * @param wait   how delays are waited for
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
  /** Connections that stand. */
  get open(): number {
    return this.links.size;
  }

  /** From now on the link is like this; `{}` heals it (what was silent stays so: its peer has long forgotten it). */
  become(faults: Faults): void {
    this.faults = faults;
    for (const link of this.links) {
      link.passed.fromClient = link.passed.fromServer = 0;
      if (faults.silent) link.dead = true;
    }
  }

  /** Resets every connection that stands. */
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
      // The system refuses a reset after an end, and Node would then wait for that handle for ever when it exits.
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
  }

  private gone(link: Link): void {
    if (link.client.destroyed && (link.server?.destroyed ?? true)) this.links.delete(link);
  }
}
