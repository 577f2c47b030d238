import type { Document, Position } from '@baton/kernel';
import { DocumentPacker, shapesInMemory } from '../documents';

const MIN_RECENT = 500;
/** What half of these objects may take, where an object takes eight times its packed bytes. */
const RECENT_BYTES = 32 * 2 ** 20;
const OBJECT_FACTOR = 8;
/** A packed document beside its text: its id, its position, an object, and its place in a map. */
const PLACE_BYTES = 192;

interface PackedDocument {
  readonly position: Position;
  /** Bytes as Latin-1: the collector of garbage passes over texts faster than over buffers. */
  readonly packed: string;
  /** Whether they are JSON text. */
  readonly isText: boolean;
}

/**
 * The documents that a fold has at hand and has not saved. Those that were used last are objects; the others are packed, so
 * that a fold that comes back to each of many documents in turn finds them in memory.
 */
export class UnsavedDocuments implements Iterable<Document> {
  /** Each document is in one of the three: used since the older ones were set aside, before that, or earlier. */
  private young = new Map<string, Document>();
  private old = new Map<string, Document>();
  private readonly packed = new Map<string, PackedDocument>();
  private readonly packer: DocumentPacker;
  private recent: number;
  private packedBytes = 0;

  /** @param maxRecent at most twice as many documents are kept as objects */
  constructor(
    name: string,
    private readonly maxRecent: number,
  ) {
    this.recent = maxRecent;
    this.packer = new DocumentPacker({ name, columns: {} }, shapesInMemory());
  }

  get size(): number {
    return this.young.size + this.old.size + this.packed.size;
  }
  /** What the packed ones take: of small ones, which may be a million, the places take more than the texts. */
  get bytes(): number {
    return this.packedBytes + this.packed.size * PLACE_BYTES;
  }

  has(id: string): boolean {
    return this.young.has(id) || this.old.has(id) || this.packed.has(id);
  }

  get(id: string): Document | undefined {
    const young = this.young.get(id);
    if (young) return young;
    const document = this.old.get(id) ?? this.unpacked(id);
    if (document) this.set(document);
    return document;
  }

  set(document: Document): void {
    const { id } = document;
    if (!this.young.has(id) && !this.old.delete(id)) this.forget(id);
    this.young.set(id, document);
    if (this.young.size > this.recent) this.setAside();
  }

  /** Those that are objects, then the others, each unpacked when it is reached. */
  *[Symbol.iterator](): Iterator<Document> {
    yield* this.recentOnes();
    for (const id of this.packed.keys()) yield this.unpacked(id)!;
  }

  *recentOnes(): Iterable<Document> {
    yield* this.old.values();
    yield* this.young.values();
  }

  private unpacked(id: string): Document | undefined {
    const found = this.packed.get(id);
    if (!found) return undefined;
    const { position, packed, isText } = found;
    return { id, position, doc: this.packer.unpack(id, isText ? packed : Buffer.from(packed, 'latin1'), []) };
  }

  private forget(id: string): void {
    this.packedBytes -= this.packed.get(id)?.packed.length ?? 0;
    this.packed.delete(id);
  }

  private setAside(): void {
    const before = this.packedBytes;
    for (const { id, position, doc } of this.old.values()) {
      const packed = this.packer.pack(id, doc as object, {});
      const isText = typeof packed === 'string';
      this.packed.set(id, { position, isText, packed: isText ? packed : packed.toString('latin1') });
      this.packedBytes += packed.length;
    }
    if (this.old.size > 0) {
      const average = (this.packedBytes - before) / this.old.size;
      const fitting = Math.floor(RECENT_BYTES / (OBJECT_FACTOR * Math.max(1, average)));
      this.recent = Math.min(this.maxRecent, Math.max(MIN_RECENT, fitting));
    }
    this.old = this.young;
    this.young = new Map();
  }
}
