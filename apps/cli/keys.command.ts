import { Command, CommandRunner, Option } from 'nest-commander';
import { callerOrigins, roles, type CallerOrigin, type Role } from '@baton/kernel';
import { Access, keyList } from '@baton/platform/access';
import { parseOneOf, parseListOf } from './arguments';
import { line, printJson, printTable, time } from './output';
import { localActor, Session } from './session';

interface Options {
  label?: string;
  roles?: Role[];
  origin?: CallerOrigin;
  actsForPersons?: boolean;
  json?: boolean;
}

@Command({
  name: 'keys',
  arguments: '<action> [keyId]',
  argsDescription: { action: 'create, list or revoke', keyId: 'id of the key to revoke' },
  description: 'Create, list and revoke bearer keys.',
})
export class KeysCommand extends CommandRunner {
  async run([action, keyId]: string[], options: Options): Promise<void> {
    const actions: Record<string, (session: Session) => Promise<void>> = {
      create: (session) => this.create(session, options),
      list: (session) => this.list(session, options),
      revoke: async (session) => {
        await session.app.get(Access).revoke(keyId!, localActor());
        if (options.json) printJson({ keyId, revoked: true });
        else line(`Key ${keyId} is revoked.`);
      },
    };
    await Session.use(actions[action!]!);
  }

  private async create(session: Session, { label, roles: granted, json, ...kind }: Options): Promise<void> {
    const { keyId, token } = await session.app.get(Access).issue(label!, granted!, localActor(), kind);
    if (json) printJson({ keyId, token });
    else line(`${token}\nIt is shown this once; its id is ${keyId}.`);
  }

  private async list(session: Session, { json }: Options): Promise<void> {
    await session.catchUpIfPossible();
    const found = await session.models.find(keyList, { orderBy: [{ column: 'issuedAt' }], limit: 1000 });
    if (json) printJson(found.map(({ doc }) => doc));
    else
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
  }

  @Option({ flags: '--label <label>', description: 'Name of the holder; becomes the actor of its events.' })
  label(value: string) {
    return value;
  }
  @Option({ flags: '--roles <roles>', description: `Comma-separated roles: ${roles.join(', ')}.` })
  roles(value: string): string[] {
    return parseListOf(value, roles, 'roles');
  }
  @Option({
    flags: '--origin <origin>',
    description: `Kind of holder: ${callerOrigins.values.join(', ')}; person by default. The label of a connector is the name of its system.`,
  })
  origin(value: string) {
    return parseOneOf(value, callerOrigins.values, 'origin');
  }
  @Option({ flags: '--acts-for-persons', description: 'Let a system name the acting person in each request.' })
  actsForPersons() {
    return true;
  }
  @Option({ flags: '--json', description: 'Print the result as JSON.' })
  json() {
    return true;
  }
}
