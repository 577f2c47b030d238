// An auditor's way, from a running Baton to a file that is verified without it.
// KEY=baton_… node examples/audit.mjs <folder> <event id>
//
// It fetches the log, the newest head and the proof of one event into the folder, and prints how to verify them: with
// verify-export.mjs, on any machine, by the verifier key that you were given. Keep head.txt: the next export must continue
// it, and nobody can change the events before it without that showing.
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ask } from './ask.mjs';

const [folder, eventId] = process.argv.slice(2);
if (!folder || !eventId) {
  console.error('Name a folder and an event: node examples/audit.mjs audit 5f0c0b7e-…');
  process.exit(1);
}
const answer = await fetch(`${process.env.BATON_URL ?? 'http://127.0.0.1:3000'}/export/log`, {
  headers: { authorization: `Bearer ${process.env.KEY}` },
});
if (!answer.ok) {
  console.error(await answer.text());
  process.exit(1);
}
await pipeline(Readable.fromWeb(answer.body), createWriteStream(join(folder, 'log.ndjson')));

const { logHead, inclusionProof } = await ask(
  `query ($eventId: String) {
    logHead { note size }
    inclusionProof(eventId: $eventId) {
      index size eventId leaf hashes root position recordedAt placeHashes places note
    }
  }`,
  { eventId },
);
await writeFile(join(folder, 'head.txt'), logHead.note);
await writeFile(join(folder, 'event.json'), `${JSON.stringify(inclusionProof)}\n`);
console.log(
  `log.ndjson, head.txt and event.json are in ${folder}: ${logHead.size} events. Verify them by the key you were given:`,
);
console.log(
  `node verify-export.mjs ${join(folder, 'log.ndjson')} --key '<verifier key>' --head ${join(folder, 'head.txt')}`,
);
console.log(`node verify-export.mjs ${join(folder, 'event.json')} --key '<verifier key>'`);
