import { type Command, numberOption, wordsOf } from '../command.js';
import { CommandFailed } from '../failures.js';
import { recordNamed, short } from '../names.js';
import { rangeOf, sparkline } from '../sparkline.js';
import { columns, count } from '../table.js';

const CURVES = [
  { name: 'position', unit: 'mm' },
  { name: 'velocity', unit: 'mm/s' },
  { name: 'load', unit: 'kg' },
] as const;

export const samples: Command = {
  name: 'samples',
  summary: 'draw the sensor curves of a set',
  usage: ['SESSION [--points 60]'],
  details: 'They are downloaded once, and kept; without a network those that are here are drawn.',
  options: { points: { type: 'string' } },
  optionHelp: { '--points N': 'width of the drawing (default 60)' },
  async run(call) {
    const [id] = wordsOf(call.words, 'SESSION');
    const points = numberOption(call, 'points', 60, { min: 2, max: 1000 });
    const phone = await call.phone();
    const { record: session } = await recordNamed(phone, 'sessions', id);
    const series = await phone.manager.downloadMetrics(session.clientId);
    const { timestamp } = series;
    if (timestamp.length === 0)
      throw new CommandFailed(
        `Set ${short(session.clientId)} has no samples; phoenix-sync record makes some.`,
      );
    const seconds = ((timestamp.at(-1) ?? 0) - (timestamp[0] ?? 0)) / 1000;
    call.say(`${count(timestamp.length)} samples in ${seconds.toFixed(1)} s`);
    call.say(
      columns(
        CURVES.map(({ name, unit }) => {
          const drawn = curve(timestamp, series[name] ?? []);
          const { low, high } = rangeOf(drawn.map(({ value }) => value));
          const text = drawn.length === 0 ? '' : `${Math.round(low)} to ${Math.round(high)} ${unit}`;
          return [name, sparkline(drawn, points), text];
        }),
      ),
    );
  },
};

const curve = (timestamp: readonly number[], values: readonly (number | null)[]) =>
  timestamp.flatMap((at, i) => {
    const value = values[i];
    return typeof value === 'number' ? [{ at, value }] : [];
  });
