// Asks Baton over GraphQL. KEY is a bearer key; BATON_URL is where the server listens.
const { KEY, BATON_URL = 'http://127.0.0.1:3000' } = process.env;

/** @returns the data of the answer; ends the script with the code and the words of what is wrong */
export const ask = async (query, variables) => {
  const response = await fetch(`${BATON_URL}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors = [] } = await response.json();
  for (const { message, extensions } of errors) console.error(`${extensions.code}: ${message}`);
  if (errors.length > 0) process.exit(1);
  return data;
};
