import { Caller, type CallerOptions } from './caller.js';
import type { components } from './openapi.js';
import { PortalError } from './portal-error.js';
import { signedInShape } from './shapes.js';
import type { SignedIn } from './sign-in.js';
import type { CallOptions } from './sync-api.js';

type Schemas = components['schemas'];

/** The account and its sign-in: the first part of PortalApi. */
export class AccountApi {
  protected readonly caller: Caller;

  constructor(options: CallerOptions) {
    this.caller = new Caller(options);
  }

  async accountId(): Promise<string | null> {
    return (await this.caller.signIn.held())?.userId ?? null;
  }

  async signUp(body: Schemas['SignupDto'], o?: CallOptions): Promise<SignedIn> {
    const rules = { open: true, shape: signedInShape };
    return this.kept(
      await this.caller.call(o, (via, api) => api.POST('/api/auth/signup', { ...via, body }), rules),
    );
  }

  async logIn(body: Schemas['LoginDto'], o?: CallOptions): Promise<SignedIn> {
    const rules = { open: true, shape: signedInShape };
    return this.kept(
      await this.caller.call(o, (via, api) => api.POST('/api/auth/login', { ...via, body }), rules),
    );
  }

  /**
   * Ends the sign-in at the portal, then forgets its tokens. When the portal cannot be reached nothing happens; see
   * `forgetTokens`.
   */
  async logOut(o?: CallOptions): Promise<void> {
    try {
      await this.caller.call(o, (via, api) => api.POST('/api/auth/logout', via));
    } catch (error) {
      // It has ended before: what was asked for is so.
      if (!(error instanceof PortalError) || error.code !== 'client.signed_out') throw error;
    }
    await this.forgetTokens();
  }

  /** Signs out on this device only: the portal knows nothing of it. */
  forgetTokens(): Promise<void> {
    return this.caller.signIn.forget();
  }

  me(o?: CallOptions): Promise<Schemas['ProfileDto']> {
    return this.caller.call(o, (via, api) => api.GET('/api/auth/me', via));
  }

  updateProfile(body: Schemas['UpdateProfileDto'], o?: CallOptions): Promise<Schemas['ProfileDto']> {
    return this.caller.call(o, (via, api) => api.PATCH('/api/auth/me', { ...via, body }));
  }

  /** Every other sign-in of the account ends. */
  async changePassword(body: Schemas['ChangePasswordDto'], o?: CallOptions): Promise<SignedIn> {
    const rules = { shape: signedInShape };
    return this.kept(
      await this.caller.call(o, (via, api) => api.POST('/api/auth/password', { ...via, body }), rules),
    );
  }

  /** The answer says until when `undelete` brings it back; without that it is gone already. */
  async deleteAccount(body: Schemas['DeleteAccountDto'], o?: CallOptions): Promise<Schemas['DeletedDto']> {
    const deleted = await this.caller.call(o, (via, api) => api.DELETE('/api/auth/me', { ...via, body }));
    await this.forgetTokens();
    return deleted;
  }

  /** Where `logIn` was refused with `auth.account_deleted`: takes the deletion back and signs in. */
  async undelete(body: Schemas['LoginDto'], o?: CallOptions): Promise<SignedIn> {
    const rules = { open: true, shape: signedInShape };
    return this.kept(
      await this.caller.call(o, (via, api) => api.POST('/api/auth/undelete', { ...via, body }), rules),
    );
  }

  /** Has the link sent again with which the owner confirms the address. */
  askForConfirmation(o?: CallOptions): Promise<Schemas['ConfirmationDto']> {
    return this.caller.call(o, (via, api) => api.POST('/api/auth/email/confirmation', via));
  }

  /** @param body.token what stands in the link after `#token=`. */
  confirmEmail(body: Schemas['ConfirmEmailDto'], o?: CallOptions): Promise<Schemas['EmailConfirmedDto']> {
    const rules = { open: true };
    return this.caller.call(o, (via, api) => api.POST('/api/auth/email/confirm', { ...via, body }), rules);
  }

  /** Answered alike whether or not there is such an account. */
  forgotPassword(body: Schemas['ForgotPasswordDto'], o?: CallOptions): Promise<Schemas['AcceptedDto']> {
    const rules = { open: true };
    return this.caller.call(o, (via, api) => api.POST('/api/auth/password/forgot', { ...via, body }), rules);
  }

  /** Every sign-in of the account ends; sign in with the new password. */
  resetPassword(body: Schemas['ResetPasswordDto'], o?: CallOptions): Promise<Schemas['PasswordResetDto']> {
    const rules = { open: true };
    return this.caller.call(o, (via, api) => api.POST('/api/auth/password/reset', { ...via, body }), rules);
  }

  private async kept(signedIn: SignedIn): Promise<SignedIn> {
    await this.caller.signIn.keep(signedIn);
    return signedIn;
  }
}
