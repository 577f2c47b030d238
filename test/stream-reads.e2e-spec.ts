import { EmbeddedEventLog } from '@baton/platform/event-log';
import { companySteps } from '../apps/cli/demo/company';
import { runCommandLine } from '../apps/cli/command-line';
import { temporaryFolder } from './support/baton';

const SCALE = 0.01;
const TODAY = '2024-07-01';

describe('the demo company', () => {
  const folder = temporaryFolder();
  beforeAll(() => {
    Object.assign(process.env, { BATON_DATA_DIR: folder, BATON_LOG_LEVEL: 'silent' });
    delete process.env['BATON_EVENTSTORE_URL'];
    delete process.env['BATON_MONGODB_URL'];
    jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  });
  // The test environment restores the variables; a new object in their place would not be that of the process.
  afterAll(() => {
    jest.restoreAllMocks();
  });

  it('is decided with at most one read of a stream per two commands, including policies and definitions', async () => {
    const read = jest.spyOn(EmbeddedEventLog.prototype, 'read');
    const exitCode = await runCommandLine(['demo', '--once', '--today', TODAY, '--scale', String(SCALE), '--json']);
    expect(exitCode).toBe(0);
    const commands = companySteps(7, TODAY, SCALE).length;
    expect(commands).toBeGreaterThan(1_000);
    expect(read.mock.calls.length).toBeGreaterThan(0);
    expect(read.mock.calls.length / commands).toBeLessThanOrEqual(0.5);
  });
});
