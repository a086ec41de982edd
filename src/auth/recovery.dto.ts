import { IsString, MaxLength } from 'class-validator';
import { ApiProperty } from '../common/api-docs.js';
import { Email, NewPassword } from './auth.dto.js';

const TOKEN_MAX_LENGTH = 200;

/** Any text: what is no token is a link that is not valid. */
const LinkSecret = (): PropertyDecorator => (target, property) => {
  ApiProperty({ description: 'What stands in the link after `#token=`.', maxLength: TOKEN_MAX_LENGTH })(
    target,
    property,
  );
  IsString()(target, property);
  MaxLength(TOKEN_MAX_LENGTH)(target, property);
};

export class ConfirmEmailDto {
  @LinkSecret()
  token: string;
}

export class ForgotPasswordDto {
  @Email()
  email: string;
}

export class ResetPasswordDto {
  @LinkSecret()
  token: string;

  @NewPassword()
  newPassword: string;
}

export class ConfirmationDto {
  @ApiProperty({ description: 'Whether the address is confirmed; if not, an e-mail is on its way.' })
  emailConfirmed: boolean;
}

export class EmailConfirmedDto {
  @ApiProperty({ enum: [true] })
  emailConfirmed: true;
}

export class AcceptedDto {
  @ApiProperty({ enum: [true], description: 'Says nothing of whether there is such an account.' })
  accepted: true;
}

export class PasswordResetDto {
  @ApiProperty({ enum: [true] })
  passwordChanged: true;
}
