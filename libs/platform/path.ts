/**
 * The path of a request as the router reads it: decoded, without the query, and without the host that a proxy may add.
 * `/%67raphql` and `http://baton/graphql` are `/graphql`. Compare paths only in this form.
 * @returns '' if it cannot be decoded
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
