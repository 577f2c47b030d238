import { Refused } from '@baton/kernel';

/**
 * Every environment variable of Baton. The table in the README repeats name, default and meaning, which a test checks.
 */
export const settings = [
  {
    name: 'BATON_DATA_DIR',
    key: 'dataDir',
    fallback: '.baton',
    meaning: 'Folder of the embedded files (log, documents, keys).',
  },
  { name: 'BATON_HOST', key: 'host', fallback: '127.0.0.1', meaning: 'Address the server listens on.' },
  {
    name: 'BATON_PORT',
    key: 'port',
    fallback: '3000',
    meaning: 'Port the server listens on; 0 takes a free one.',
    pattern: /^(\d{1,4}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])$/,
    requirement: 'be a whole number from 0 to 65535',
  },
  {
    name: 'BATON_MASTER_KEY',
    key: 'masterKey',
    fallback: '',
    meaning:
      '32 bytes in base64 that wrap all data keys. Required with MongoDB; otherwise a file in the data folder is created at first use.',
  },
  {
    name: 'BATON_OTHER_MASTER_KEYS',
    key: 'otherMasterKeys',
    fallback: '',
    meaning: 'Comma-separated master keys that are accepted besides BATON_MASTER_KEY, while it is being replaced.',
  },
  {
    name: 'BATON_SIGNING_KEY',
    key: 'signingKey',
    fallback: '',
    meaning:
      'Key that signs the heads of the Merkle log (`baton proof key --new` prints one). With MongoDB no head is signed without it; otherwise the file signing.key in the data folder is created at first use.',
    pattern: /^(PRIVATE\+KEY\+[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]+=*)?$/,
    requirement: 'be a signing key, PRIVATE+KEY+name+id+key',
  },
  {
    name: 'BATON_VERIFIER_KEYS',
    key: 'verifierKeys',
    fallback: '',
    meaning: 'Comma-separated verifier keys of earlier signing keys, by which older heads are verified.',
  },
  {
    name: 'BATON_HEAD_MINUTES',
    key: 'headMinutes',
    fallback: '60',
    meaning: 'Minutes between two signed heads of the Merkle log, if it has grown; 0 signs only on demand.',
    pattern: /^\d{1,5}$/,
    requirement: 'be a whole number from 0 to 99999',
  },
  {
    name: 'BATON_WITNESS',
    key: 'witness',
    fallback: '',
    meaning:
      'Where each signed head is handed to: a file, or the URL of a witness (C2SP tlog-witness); empty for nobody.',
    pattern: /^(https?:\/\/\S+|[^\s:]*\/\S*)?$/,
    requirement: 'be an address, or the path of a file with a slash, such as ./witness.txt',
  },
  {
    name: 'BATON_ERASURES',
    key: 'erasures',
    fallback: '',
    meaning:
      'File, best on another disk, to which the id of each erased person is added; a restore repeats these erasures. Empty for none.',
  },
  {
    name: 'BATON_LOG_LEVEL',
    key: 'logLevel',
    fallback: 'info',
    meaning: 'fatal, error, warn, info, debug, trace or silent.',
    pattern: /^(fatal|error|warn|info|debug|trace|silent)$/,
    requirement: 'be fatal, error, warn, info, debug, trace or silent',
  },
  {
    name: 'BATON_PROJECT',
    key: 'project',
    fallback: 'yes',
    meaning: 'yes or no: whether this process folds read models and runs policies.',
    pattern: /^(yes|no)$/,
    requirement: 'be yes or no',
  },
  {
    name: 'BATON_PRODUCTION',
    key: 'production',
    fallback: 'no',
    meaning:
      'yes or no. With yes there is no GraphiQL, and the schema is available only to callers with a key or token.',
    pattern: /^(yes|no)$/,
    requirement: 'be yes or no',
  },
  {
    name: 'BATON_TRUSTED_DOCUMENTS',
    key: 'trustedDocuments',
    fallback: '',
    meaning: 'File with a JSON list of SHA-256 hashes (hex) of GraphQL documents; when set, only those run.',
  },
  {
    name: 'BATON_OIDC_ISSUER',
    key: 'oidcIssuer',
    fallback: '',
    meaning: 'OpenID Connect issuer whose tokens are accepted in addition to keys; empty for none.',
    pattern: /^(https?:\/\/.+)?$/,
    requirement: 'begin with https:// or http://',
  },
  {
    name: 'BATON_OIDC_AUDIENCE',
    key: 'oidcAudience',
    fallback: 'baton',
    meaning: 'The audience that those tokens must name.',
  },
  {
    name: 'BATON_OIDC_CLIENTS',
    key: 'oidcClients',
    fallback: '',
    meaning: 'Comma-separated clients whose tokens (azp, client_id) are accepted; the audience itself always is.',
  },
  {
    name: 'BATON_OIDC_ROLES_CLAIM',
    key: 'oidcRolesClaim',
    fallback: 'roles',
    meaning: 'Claim that lists the roles of the bearer; a path with dots for a nested one.',
  },
  {
    name: 'BATON_CORS_ORIGINS',
    key: 'corsOrigins',
    fallback: '',
    meaning: 'Comma-separated origins whose pages may send requests from a browser; empty for none.',
    pattern: /^(https?:\/\/[^\s,/*]+(,https?:\/\/[^\s,/*]+)*)?$/,
    requirement: 'be comma-separated origins such as https://app.example.org',
  },
  {
    name: 'BATON_METRICS',
    key: 'metrics',
    fallback: 'local',
    meaning: 'Who may read /metrics: local (callers on this machine), yes (anybody who can reach the port) or no.',
    pattern: /^(local|yes|no)$/,
    requirement: 'be local, yes or no',
  },
  {
    name: 'BATON_SHUTDOWN_SECONDS',
    key: 'shutdownSeconds',
    fallback: '20',
    meaning: 'Seconds to finish work in progress when the process is stopped.',
    pattern: /^[1-9]\d{0,3}$/,
    requirement: 'be a whole number from 1 to 9999',
  },
  {
    name: 'BATON_MAX_IN_FLIGHT',
    key: 'maxInFlight',
    fallback: '512',
    meaning: 'Requests processed at once; more are refused with Retry-After.',
    pattern: /^[1-9]\d{0,5}$/,
    requirement: 'be a whole number from 1 to 999999',
  },
  {
    name: 'BATON_QUERY_PROCESSES',
    key: 'queryProcesses',
    fallback: '2',
    meaning: 'Processes for heavy queries, started on demand; with 0 the server process answers them.',
    pattern: /^\d$/,
    requirement: 'be a whole number from 0 to 9',
  },
  {
    name: 'BATON_QUERY_SECONDS',
    key: 'querySeconds',
    fallback: '20',
    meaning: 'Seconds that one heavy query may take.',
    pattern: /^[1-9]\d{0,3}$/,
    requirement: 'be a whole number from 1 to 9999',
  },
  {
    name: 'BATON_QUERY_MEMORY',
    key: 'queryMemory',
    fallback: '512',
    meaning: 'Heap limit of such a process in MiB; a query that exceeds it fails.',
    pattern: /^([6-9]\d|[1-9]\d{2,4})$/,
    requirement: 'be a whole number from 60 to 99999',
  },
  {
    name: 'BATON_EVENTSTORE_URL',
    key: 'eventStoreUrl',
    fallback: '',
    meaning: 'EventStoreDB connection string; empty for the embedded log.',
    pattern: /^(esdb(\+discover)?:\/\/.+)?$/,
    requirement: 'begin with esdb:// or esdb+discover://',
  },
  {
    name: 'BATON_MONGODB_URL',
    key: 'mongoUrl',
    fallback: '',
    meaning: 'MongoDB connection string; empty for the embedded documents.',
    pattern: /^(mongodb(\+srv)?:\/\/.+)?$/,
    requirement: 'begin with mongodb:// or mongodb+srv://',
  },
] as const satisfies readonly {
  name: string;
  key: string;
  fallback: string;
  meaning: string;
  pattern?: RegExp;
  /** The pattern in words, after `BATON_PORT must`. */
  requirement?: string;
}[];

type Key = (typeof settings)[number]['key'];
type Numbers =
  'port' | 'shutdownSeconds' | 'maxInFlight' | 'queryProcesses' | 'querySeconds' | 'queryMemory' | 'headMinutes';
export type Config = Readonly<
  Record<Exclude<Key, Numbers | 'project' | 'production'>, string> & Record<Numbers, number>
> & {
  readonly project: boolean;
  readonly production: boolean;
};

/**
 * Reads the configuration from the environment.
 * @throws Refused `config/invalid` naming the variable, never its value (it may be a secret)
 */
export const readConfig = (environment: Readonly<Record<string, string | undefined>> = process.env): Config => {
  const values = settings.map((setting) => {
    const value = environment[setting.name] || setting.fallback;
    if ('pattern' in setting && !setting.pattern.test(value))
      throw new Refused('config/invalid', `${setting.name} must ${setting.requirement}.`, setting.name);
    return [setting.key, value];
  });
  const raw = Object.fromEntries(values) as Record<Key, string>;
  // A generated key file would differ between machines, and be lost with the container.
  if (raw.mongoUrl && !raw.masterKey)
    throw new Refused(
      'config/invalid',
      'BATON_MASTER_KEY is required with BATON_MONGODB_URL: 32 bytes in base64 (openssl rand -base64 32), the same for every process.',
      'BATON_MASTER_KEY',
    );
  return {
    ...raw,
    port: Number(raw.port),
    shutdownSeconds: Number(raw.shutdownSeconds),
    maxInFlight: Number(raw.maxInFlight),
    queryProcesses: Number(raw.queryProcesses),
    querySeconds: Number(raw.querySeconds),
    queryMemory: Number(raw.queryMemory),
    headMinutes: Number(raw.headMinutes),
    project: raw.project === 'yes',
    production: raw.production === 'yes',
  };
};
