import { isIP } from 'node:net';
import { Transform } from 'class-transformer';

export interface Variable {
  property: string;
  name: string;
  default: string | undefined;
  description: string;
}

const variables: Variable[] = [];

/** Names the variable behind a property, its default as it would stand in .env, and what it is for. */
export function Variable(name: string, fallback: string | undefined, description: string): PropertyDecorator {
  return (_, property) => {
    variables.push({ property: String(property), name, default: fallback, description });
  };
}

/** Every variable with its default and meaning, for .env.example and docs/configuration.md. */
export const environmentVariables = (): readonly Variable[] => variables;

export const asNumber = Transform(({ value }) => (value === '' ? undefined : Number(value)));
export const asSwitch = Transform(({ value }) => (value === 'on' ? true : value === 'off' ? false : value));
export const asList = Transform(({ value }) =>
  String(value)
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

export const isSmtpUrl = (value: unknown): boolean => {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return ['smtp:', 'smtps:'].includes(protocol) && hostname !== '';
};

/** Also one that is empty. A password with a `/` or `#` as it is makes an address of something else. */
export const isDatabaseUrl = (value: unknown): boolean =>
  value === '' ||
  (typeof value === 'string' && URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol));

export function isAddressOrRange(text: unknown): boolean {
  const [address = '', bits, ...rest] = String(text).split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}
