import { storedToMs } from '@baton/kernel';
import { addExtension } from 'msgpackr';

/**
 * Texts of known forms as packed documents keep them: an instant or a position is a number, a UUID 16 bytes, the id of the
 * document a byte. Each is read as exactly the text that was written. Base64 would take three quarters, but several times as
 * long to be read.
 */
abstract class Short<V> {
  constructor(readonly value: V) {}
}
/** The types of the extensions are in files, so they never change. */
class PartOfId extends Short<number> {}
class Seconds extends Short<number> {}
class Milliseconds extends Short<number> {}
class PositionNumber extends Short<number> {}
class UuidBytes extends Short<Buffer> {}

/** msgpackr hands nothing but the value to whoever reads it, so the ids of the document at hand stand here. */
let own: readonly string[] = [];
let ownId = '';
/** Names the document whose texts are made short, or read, from now on: its id, and the two parts of that of a row. */
export const beginDocument = (id: string): void => {
  if (id === ownId) return;
  const slash = id.lastIndexOf('/');
  [ownId, own] = [id, slash < 0 ? [id] : [id, id.slice(0, slash), id.slice(slash + 1)]];
};
const ownText = (part: number): string => {
  const text = own[part];
  if (text === undefined) throw new Error('The id of the document has no such part.');
  return text;
};

/** From 0 on, each with so many digits. */
const numbered = (count: number, digits: number, textOf: (number: string) => string): readonly string[] =>
  Array.from({ length: count }, (_, number) => textOf(String(number).padStart(digits, '0')));
const minutesOfHour = numbered(60, 2, (minute) => `:${minute}:`);
const minutesOfDay = numbered(24, 2, (hour) => hour).flatMap((hour) => minutesOfHour.map((rest) => hour + rest));
const seconds = numbered(60, 2, (second) => second);
const wholeSeconds = seconds.map((second) => `${second}.000Z`);
const milliseconds = numbered(1000, 3, (number) => `.${number}Z`);
const DAY_MS = 86_400_000;
/** Some thousand days occur; they are forgotten where data has more. */
const MAX_DAYS = 20_000;
const days = new Map<number, string>();
const dayText = (day: number): string => {
  let text = days.get(day);
  if (text === undefined) {
    if (days.size === MAX_DAYS) days.clear();
    days.set(day, (text = new Date(day * DAY_MS).toISOString().slice(0, 11)));
  }
  return text;
};
/** Several times as fast as `toISOString`. */
export const instantText = (ms: number): string => {
  const day = Math.floor(ms / DAY_MS);
  const inDay = ms - day * DAY_MS;
  const minute = Math.floor(inDay / 60_000);
  const inMinute = inDay - minute * 60_000;
  const [second, rest] = [Math.floor(inMinute / 1000), inMinute % 1000];
  const start = dayText(day) + minutesOfDay[minute]!;
  return rest === 0 ? start + wholeSeconds[second]! : start + seconds[second]! + milliseconds[rest]!;
};

const isAt = (text: string, place: number, character: string): boolean =>
  text.charCodeAt(place) === character.charCodeAt(0);
/** Milliseconds of an instant in the stored form; NaN for any other text. */
export const instantMs = (text: string): number => {
  if (text.length !== 24 || !isAt(text, 10, 'T') || !isAt(text, 23, 'Z')) return NaN;
  const ms = storedToMs(text);
  // Digits that are no time of day would be those of another one, or of the next day.
  const isTime =
    isAt(text, 13, ':') && isAt(text, 16, ':') && isAt(text, 19, '.') && text[14]! < '6' && text[17]! < '6';
  return isTime && Number.isInteger(ms) && dayText(Math.floor(ms / DAY_MS)) === text.slice(0, 11) ? ms : NaN;
};
/** Of the embedded log. */
const POSITION = /^\d{16}$/;
const POSITION_LENGTH = 16;
const HYPHEN = '-'.charCodeAt(0);
const UUID_LENGTH = 36;
const UUID_BYTES = 16;
const isHyphenAt = (place: number): boolean => place === 8 || place === 13 || place === 18 || place === 23;
const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
/** By character; -1 for what is no lower-case digit. */
const hexDigits = Int8Array.from({ length: 256 }, (_, code) => '0123456789abcdef'.indexOf(String.fromCharCode(code)));
const uuidBytesOf = (text: string): Buffer | undefined => {
  const bytes = Buffer.allocUnsafe(UUID_BYTES);
  for (let place = 0, byte = 0; place < UUID_LENGTH; place++) {
    const code = text.charCodeAt(place);
    if (isHyphenAt(place)) {
      if (code !== HYPHEN) return undefined;
      continue;
    }
    const high = hexDigits[code] ?? -1;
    const low = hexDigits[text.charCodeAt(++place)] ?? -1;
    if (high < 0 || low < 0) return undefined;
    bytes[byte++] = 16 * high + low;
  }
  return bytes;
};
const uuidText = (b: Buffer): string => {
  const first = `${hex[b[0]!]!}${hex[b[1]!]!}${hex[b[2]!]!}${hex[b[3]!]!}-${hex[b[4]!]!}${hex[b[5]!]!}`;
  const second = `-${hex[b[6]!]!}${hex[b[7]!]!}-${hex[b[8]!]!}${hex[b[9]!]!}-${hex[b[10]!]!}${hex[b[11]!]!}`;
  return `${first}${second}${hex[b[12]!]!}${hex[b[13]!]!}${hex[b[14]!]!}${hex[b[15]!]!}`;
};

const inNumbers = (type: number, Class: new (value: number) => Short<number>, textOf: (value: number) => string) =>
  addExtension({ Class, type, write: ({ value }: Short<number>) => value, read: textOf } as never);
inNumbers(1, PartOfId, ownText);
inNumbers(2, Seconds, (value) => instantText(value * 1000));
inNumbers(3, Milliseconds, instantText);
inNumbers(4, PositionNumber, (value) => String(value).padStart(POSITION_LENGTH, '0'));
addExtension({ Class: UuidBytes, type: 5, pack: ({ value }: UuidBytes) => value, unpack: uuidText });

/** Shorter texts take no more than what stands for them. */
const MIN_TEXT = 5;
/** What is packed in place of a text. */
export const shortText = (text: string): string | Short<number | Buffer> => {
  if (text.length < MIN_TEXT) return text;
  for (let part = 0; part < own.length; part++) if (own[part] === text) return new PartOfId(part);
  if (text.length === UUID_LENGTH) {
    const bytes = uuidBytesOf(text);
    return bytes ? new UuidBytes(bytes) : text;
  }
  if (text.length === POSITION_LENGTH && POSITION.test(text)) {
    const number = Number(text);
    return Number.isSafeInteger(number) ? new PositionNumber(number) : text;
  }
  const ms = instantMs(text);
  if (Number.isNaN(ms)) return text;
  return ms % 1000 === 0 ? new Seconds(ms / 1000) : new Milliseconds(ms);
};
