import { callerOrigins, field, roles } from '@baton/kernel';
import { Access, keyList } from '@baton/platform/access';
import { rotateMasterKey } from '@baton/platform/keys';
import { action, type ActionGroup } from './command';
import { namesEnumeration } from './options';
import { countOf, line, printJson, printTable, time } from './output';
import { localActor, Session } from './session';

const optional = { optional: true } as const;
const roleNames = namesEnumeration('Role', 'What a key may do.', roles);

export const command: ActionGroup = {
  actions: {
    create: action({
      description: 'Create a key; it is shown once.',
      options: {
        label: field.text('Name of the holder; becomes the actor of its events.'),
        roles: field.enum(roleNames, 'Roles:', { list: true }),
        origin: field.enum(
          callerOrigins,
          'Kind of holder; person by default. The label of a connector is the name of its system.',
          optional,
        ),
        actsForPersons: field.flag('Let a system name the acting person in each request.', optional),
      },
      example: '--label warehouse --roles analyst',
      run: (_, { label, roles: granted, json, ...kind }) =>
        Session.use(async ({ app }) => {
          const { keyId, token } = await app.get(Access).issue(label, granted, localActor(), kind);
          if (json) printJson({ keyId, token });
          else line(`${token}\nIt is shown this once; its id is ${keyId}.`);
        }),
    }),
    list: action({
      description: 'List all keys, revoked ones included.',
      example: '',
      run: (_, { json }) =>
        Session.use(async (session) => {
          await session.catchUpIfPossible();
          const found = await session.models.find(keyList, { orderBy: [{ column: 'issuedAt' }], limit: 1000 });
          if (json) return printJson(found.map(({ doc }) => doc));
          printTable(
            ['key', 'label', 'origin', 'roles', 'issued', 'revoked'],
            found.map(({ doc }) => [
              doc.keyId,
              doc.label,
              doc.actsForPersons ? `${doc.origin}, acts for persons` : doc.origin,
              doc.roles.join(' '),
              time(doc.issuedAt),
              time(doc.revokedAt),
            ]),
          );
        }),
    }),
    'rotate-master': action({
      description:
        'Replace the master key while servers run. After an interruption run it again. Keep the old one as long as backups that need it.',
      example: '',
      run: (_, { json }) =>
        Session.use(async ({ config, keys }) => {
          const rewrapped = await rotateMasterKey(config, keys);
          if (json) printJson({ rewrapped });
          else line(`${countOf(rewrapped, 'key')} wrapped with the new master key.`);
        }),
    }),
    revoke: action({
      description: 'Revoke a key.',
      words: { keyId: 'id of the key to revoke' },
      example: '0f3a91c27be4',
      run: ([keyId], { json }) =>
        Session.use(async ({ app }) => {
          await app.get(Access).revoke(keyId!, localActor());
          if (json) printJson({ keyId, revoked: true });
          else line(`Key ${keyId} is revoked.`);
        }),
    }),
  },
};
