/**
 * The path that a request names, as the router reads it: without a query, decoded, and without the host that a proxy
 * may put before it. `/%67raphql` and `http://baton/graphql` are `/graphql`; where one is compared it must be this one.
 * @returns '' for one that cannot be decoded
 */
export const pathOf = (url: string | undefined): string => {
  const [path = ''] = (url ?? '').replace(/^https?:\/\/.*?\//, '/').split(/[?#]/, 1);
  if (!path.includes('%')) return path;
  try {
    return decodeURI(path);
  } catch {
    return '';
  }
};
