import type { Collections } from '../sync/collections.js';
import type { FieldKind } from '../common/fields.js';
import { FORMAT_VERSION, historyFile, recordsFile } from './format.js';

const WHAT: Readonly<Record<string, string>> = {
  sessions: 'sets you have trained, one entry for each',
  records: 'personal records',
  phaseStats: 'what the machine measured of the lifting and lowering phase of sets',
  routines: 'your routines',
  supersets: 'supersets inside your routines',
  routineExercises: 'exercises inside your routines',
  exercises: 'exercises you have made yourself',
  badges: 'badges you have earned',
  gamificationStats: 'streaks and counters; one entry for the whole account',
};

const KIND: Readonly<Record<FieldKind, string>> = {
  int: 'whole number',
  real: 'number',
  bool: 'yes or no',
  text: 'text',
  millis: 'time',
  reference: 'clientId of the entry it belongs to',
};

/** For whoever opens the ZIP in ten years and is no programmer: what each file is, and how it can be read. */
export function readmeText(collections: Collections, now: number): string {
  const all = collections.all();
  const files = all.flatMap(({ name }) => [
    row(recordsFile(name), WHAT[name] ?? name),
    row(historyFile(name), 'earlier states of these, and states that another device overtook'),
  ]);
  const fields = all.map(
    ({ name, fields: list }) =>
      `${recordsFile(name)}\n${list.map((field) => `  ${field.name.padEnd(28)}${KIND[field.kind]}`).join('\n')}`,
  );
  return `${INTRODUCTION(new Date(now).toISOString())}
THE FILES

${[...files, ...OTHERS].join('\n')}

${EXPLANATIONS}
THE FIELDS OF EACH KIND OF ENTRY

${fields.join('\n\n')}
`;
}

const row = (file: string, text: string) => `${file.padEnd(32)}${text}`;

const INTRODUCTION = (made: string) => `YOUR TRAINING DATA

This is everything your Phoenix Portal account held at ${made} (UTC).
Nothing in it is encrypted: keep it where you keep private papers.
The form of these files is version ${FORMAT_VERSION}; the file manifest.json says so too.

HOW TO READ IT

Files that end in .json are plain text. Any text editor shows them; each entry stands on a line of its own. To get a table,
open them in Excel (Data, Get Data, From File, From JSON), in LibreOffice with a JSON import, or in any programming language.

Files that end in .parquet hold the measurements of the machine, many thousands per set. Parquet is an open format for
tables: DuckDB, Python (pandas), R and Excel's Power Query read it.
`;

const OTHERS = [
  row('README.txt', 'this text'),
  row('samples/', 'one .parquet file with the measurements of each set'),
  row('samples.json', 'which of these files belongs to which set'),
  row('account.json', 'your name, e-mail address, subscription, and when you signed in'),
  row('devices.json', 'the phones and browsers that have synced'),
  row('other-ids.json', 'further names that devices use for an entry'),
  row('purchases.json', 'what app stores and support have said about your subscription'),
  row('rejected.json', 'entries that could not be stored, exactly as they were sent, and why'),
  row('manifest.json', 'a list of all files with their sizes and check sums (SHA-256)'),
];

const EXPLANATIONS = `WHAT THE WORDS MEAN

record         The entry itself, as your devices see it. Around it stands what the server knows of it:
serverId       The name the server gave the entry. The same in records/ and history/.
clientId       The name your device gave it. Other entries refer to it by this name.
version        In records/: when the entry last reached the server. In history/: 1 for its oldest state, then 2, 3 ...
editedAt       When it was last edited.
deviceId       Which of the devices in devices.json wrote it.
deletedAt      When you deleted the entry; null means that it is not deleted. Deleted entries are kept here, too.
reason         In history/: "replaced" was current until a newer edit came; "lost" arrived when a newer edit was there.
storedAt       In history/: when the state was put away.

Times are the number of milliseconds since 1 January 1970, 00:00 UTC. In a spreadsheet: time / 86400000 + 25569, shown as a
date. Weights are in kg and, unless the name says otherwise, per cable: both cables together lift twice that.

In the .parquet files: timestamp is the time; position and positionB are mm of the left and right cable; velocity and
velocityB mm/s, positive while lifting; load and loadB kg; status the machine's own flags. Where a file has no column
"power", it follows from the others by the formula in the file's key "phoenix.power" (in kg mm/s; times 0.00980665 is
watt); a column "powerSteps" says by how many last binary digits it differs from that.

Had you trained while this file was being made, an entry changed in that minute would be in it as it was before or after.

You can bring all of this into another account, or back into yours: POST /api/account/import takes this very file.
`;
