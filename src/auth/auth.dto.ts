import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsEmail, IsOptional, IsString, Matches, MaxLength, ValidateBy, ValidateIf } from 'class-validator';
import { ApiProperty, PickType } from '../common/api-docs.js';
import { PlainText } from '../common/text-rules.js';
import { EMAIL_MAX_LENGTH, normaliseEmail } from './email.js';
import { isPasswordLength, PASSWORD_MAX_LENGTH, PASSWORD_MIN_LENGTH } from './passwords.js';
import { DISPLAY_NAME_MAX_LENGTH } from './user.entity.js';

const EMAIL = { format: 'email', maxLength: EMAIL_MAX_LENGTH, example: 'maria@example.org' };
/** Enough for a UUID or a hash in any notation. */
const ATTEMPT_MAX_LENGTH = 128;
const DISPLAY_NAME = { maxLength: DISPLAY_NAME_MAX_LENGTH, example: 'Maria' };

/** An address that is to become an account's: valid, and in the one form in which addresses are stored. */
export const Email = ({ required = true } = {}) =>
  applyDecorators(
    ApiProperty({ ...EMAIL, description: 'Compared trimmed and without letter case.', required }),
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? normaliseEmail(value) : value)),
    IsEmail({}, { message: '$property must be an e-mail address' }),
    MaxLength(EMAIL_MAX_LENGTH),
  );

const lengthRule = `$property must have ${PASSWORD_MIN_LENGTH} to ${PASSWORD_MAX_LENGTH} characters`;

/** A password that is to be set. Any characters; those outside the BMP count once. */
export const NewPassword = () =>
  applyDecorators(
    ApiProperty({
      format: 'password',
      minLength: PASSWORD_MIN_LENGTH,
      maxLength: PASSWORD_MAX_LENGTH,
      description: 'Any characters, spaces at the ends included.',
      example: 'correct horse battery staple',
    }),
    ValidateBy({
      name: 'passwordLength',
      validator: {
        validate: (value: unknown) => typeof value === 'string' && isPasswordLength(value),
        defaultMessage: () => lengthRule,
      },
    }),
    // Half of a surrogate pair is no character: encoded as UTF-8, all of them would become the same one.
    Matches(/^\P{Cs}*$/u, { message: '$property must be well-formed Unicode' }),
  );

/** A password that is to be checked: any string, since a wrong one must look like any other wrong one. */
const HeldPassword = () => applyDecorators(ApiProperty({ format: 'password' }), IsString());

/** null and blank mean the local part of the e-mail address. */
const DisplayName = () =>
  applyDecorators(
    ApiProperty({
      ...DISPLAY_NAME,
      type: String,
      required: false,
      nullable: true,
      description: 'Blank or null: the part of the e-mail address before the @.',
    }),
    IsOptional(),
    IsString(),
    MaxLength(DISPLAY_NAME_MAX_LENGTH),
    Matches(/^[^\p{Cc}\p{Cs}]*$/u, { message: '$property must not contain control characters' }),
  );

export class SignupDto {
  @Email()
  email: string;

  @NewPassword()
  password: string;

  @DisplayName()
  displayName?: string | null;
}

export class LoginDto {
  @ApiProperty(EMAIL)
  @IsString()
  email: string;

  @HeldPassword()
  password: string;
}

export class RefreshDto {
  @ApiProperty({ description: 'The refresh token of the last answer; it is good for one exchange.' })
  @IsString()
  refreshToken: string;

  @ApiProperty({
    type: String,
    required: false,
    nullable: true,
    minLength: 1,
    maxLength: ATTEMPT_MAX_LENGTH,
    description:
      'Random text that names this attempt, saved before it is sent. The same token with the same attempt gets the ' +
      'same refresh token again, however much later, until that one is used: a lost answer costs nothing.',
    example: '5f0c2d1e-8a37-4c0b-9b64-0d1f6f1c7a55',
  })
  @IsOptional()
  @PlainText(1, ATTEMPT_MAX_LENGTH)
  attempt?: string | null;
}

export class ChangePasswordDto {
  @HeldPassword()
  currentPassword: string;

  @NewPassword()
  newPassword: string;
}

export class DeleteAccountDto {
  @HeldPassword()
  password: string;
}

export class UpdateProfileDto {
  @DisplayName()
  displayName?: string | null;

  @ValidateIf((_, value) => value !== undefined)
  @Email({ required: false })
  email?: string;

  @ApiProperty({ format: 'password', required: false, description: 'Needed to change the e-mail address.' })
  @ValidateIf((_, value) => value !== undefined)
  @IsString()
  currentPassword?: string;
}

export class ProfileDto {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty(EMAIL)
  email: string;

  @ApiProperty({ description: 'Whether the owner has followed a link sent to this address.' })
  emailConfirmed: boolean;

  @ApiProperty(DISPLAY_NAME)
  displayName: string;

  @ApiProperty({ description: 'Whether this account may sync now, the grace period included.' })
  isPremium: boolean;

  @ApiProperty({ example: 'premium', description: 'What was bought: `premium` or `free`.' })
  subscriptionStatus: string;

  @ApiProperty({
    type: 'integer',
    format: 'int64',
    nullable: true,
    description: 'End of the subscription, epoch ms; null: none.',
  })
  subscriptionExpiresAt: number | null;

  @ApiProperty({ type: 'integer', format: 'int64', description: 'Epoch ms.' })
  createdAt: number;
}

export class UserDto extends PickType(ProfileDto, ['id', 'email', 'displayName', 'isPremium']) {}

export class SignedInDto {
  @ApiProperty({ description: 'Access token: send it as `Authorization: Bearer <token>`.' })
  token: string;

  @ApiProperty({ description: 'Exchange it at POST /api/auth/refresh; each is good for one exchange.' })
  refreshToken: string;

  @ApiProperty({ type: 'integer', example: 604_800, description: 'Seconds the access token lives.' })
  expiresIn: number;

  @ApiProperty()
  user: UserDto;
}

export class LoggedOutDto {
  @ApiProperty({ enum: [true] })
  loggedOut: true;
}

export class DeletedDto {
  @ApiProperty({ enum: [true] })
  deleted: true;

  @ApiProperty({
    type: 'integer',
    format: 'int64',
    required: false,
    description:
      'When everything will be gone for good, epoch ms; until then POST /api/auth/undelete brings it back. ' +
      'Without it everything is gone already.',
  })
  purgeAt?: number;
}
