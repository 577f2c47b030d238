type NumberArray = Float64Array | Int32Array | Uint32Array | Uint16Array | Int16Array | Uint8Array;

/** The same array, or a copy with at least twice the room if so many do not fit. */
export const withRoom = <A extends NumberArray>(array: A, length: number): A => {
  if (length <= array.length) return array;
  const larger = new (array.constructor as new (length: number) => A)(Math.max(length, 2 * array.length));
  larger.set(array as never);
  return larger;
};
