/**
 * Makes something of an object that never changes, such as the body of a definition, once: it is kept as long as the object.
 * @param make pure
 */
export const oncePer = <K extends object, V>(make: (key: K) => V): ((key: K) => V) => {
  const kept = new WeakMap<K, { readonly made: V }>();
  return (key) => {
    let known = kept.get(key);
    if (!known) kept.set(key, (known = { made: make(key) }));
    return known.made;
  };
};
