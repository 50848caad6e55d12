/** An id's text as Kratos publishes it (contract iam 6.6), with `{names}` to be filled in. */
interface Entry {
  readonly type: 'info' | 'error' | 'success';
  readonly text: string;
}

const info = (text: string): Entry => ({ type: 'info', text });
const error = (text: string): Entry => ({ type: 'error', text });
const success = (text: string): Entry => ({ type: 'success', text });

const DONE_ALREADY = error('The request was already completed successfully and can not be retried.');
const expired = (kind: string): Entry =>
  error(`The ${kind} flow expired {minutes} minutes ago, please try again.`);
const noStrategy = (purpose: string): Entry =>
  error(`Could not find a strategy to ${purpose}. Did you fill out the form correctly?`);
const wrongCode = (kind: string): Entry =>
  error(`The ${kind} code is invalid or has already been used. Please try again.`);
const wrongToken = (kind: string): Entry =>
  error(`The ${kind} token is invalid or has already been used. Please retry the flow.`);
const failed = (kind: string): Entry =>
  error(`The ${kind} flow reached a failure state and must be retried.`);
const noToken = (kind: string): Entry =>
  error(
    `A ${kind} request was made but no ${kind} token was included in the request, please retry the flow.`,
  );
const CHECK_EMAIL =
  'If you have not received an email, check the spelling of the address and make sure to use the address you registered with.';

const LOGIN = {
  1010001: info('Sign in'),
  1010002: info('Sign in with {provider}'),
  1010003: info('Please confirm this action by verifying that it is you.'),
  1010004: info('Please complete the second authentication challenge.'),
  1010005: info('Verify'),
  1010006: info('Authentication code'),
  1010007: info('Backup recovery code'),
  1010008: info('Sign in with a hardware key'),
  1010009: info('Use Authenticator'),
  1010010: info('Use backup recovery code'),
  1010011: info('Sign in with a hardware key'),
  1010012: info(
    'Prepare your WebAuthn device (e.g. security key, biometrics scanner, ...) and press continue.',
  ),
  1010013: info('Continue'),
  1010014: info(
    "A code was sent to the address you provided. If you didn't receive it, please check the spelling of the address and try again.",
  ),
  1010015: info('Send sign in code'),
  1010016: info(
    'You tried to sign in with "{duplicateIdentifier}", but that email is already used by another account. Sign in to your account with one of the options below to add your account "{duplicateIdentifier}" at "{provider}" as another way to sign in.',
  ),
  1010017: info('Sign in and link'),
  1010018: info('Confirm with {provider}'),
  1010019: info('Request code to continue'),
  1010021: info('Sign in with passkey'),
  1010022: info('Sign in with password'),
  1010023: info('Send code to {address}'),
  1010025: info("A code was sent to your address. If you didn't receive it, please try again."),
} as const;

const REGISTRATION = {
  1040001: info('Sign up'),
  1040002: info('Sign up with {provider}'),
  1040003: info('Continue'),
  1040004: info('Sign up with security key'),
  1040005: info(
    'A code has been sent to the address(es) you provided. If you have not received a message, check the spelling of the address and retry the registration.',
  ),
  1040006: info('Send sign up code'),
  1040007: info('Sign up with passkey'),
  1040008: info('Back'),
  1040009: info('Please choose a credential to authenticate yourself with.'),
} as const;

const SETTINGS = {
  1050001: success('Your changes have been saved!'),
  1050002: info('Link {provider}'),
  1050003: info('Unlink {provider}'),
  1050004: info('Unlink TOTP Authenticator App'),
  1050005: info('Authenticator app QR code'),
  1050006: info('{secret}'),
  1050007: info('Reveal backup recovery codes'),
  1050008: info('Generate new backup recovery codes'),
  1050009: info('{secret}'),
  1050010: info('These are your back up recovery codes. Please keep them in a safe place!'),
  1050011: info('Confirm backup recovery codes'),
  1050012: info('Add security key'),
  1050013: info('Name of the security key'),
  1050014: info('Secret was used at {used_at}'),
  1050015: info('{list}'),
  1050016: info('Disable this method'),
  1050017: info('This is your authenticator app secret. Use it if you can not scan the QR code.'),
  1050018: info('Remove security key "{display_name}"'),
  1050019: info('Add passkey'),
  1050020: info('Remove passkey "{display_name}"'),
} as const;

const RECOVERY_AND_VERIFICATION = {
  1060001: success(
    'You successfully recovered your account. Please change your password or set up an alternative login method (e.g. social sign in) within the next {minutes} minutes.',
  ),
  1060002: info(
    `An email containing a recovery link has been sent to the email address you provided. ${CHECK_EMAIL}`,
  ),
  1060003: info(
    `An email containing a recovery code has been sent to the email address you provided. ${CHECK_EMAIL}`,
  ),
  1080001: info(
    `An email containing a verification link has been sent to the email address you provided. ${CHECK_EMAIL}`,
  ),
  1080002: success('You successfully verified your email address.'),
  1080003: info(
    `An email containing a verification code has been sent to the email address you provided. ${CHECK_EMAIL}`,
  ),
  1080004: info(
    'A text message containing a verification code has been sent to the phone number you provided. If you have not received a text message, check the spelling of the number and make sure to use the number you registered with.',
  ),
  1080005: success('You successfully verified your phone number.'),
} as const;

const LABELS = {
  1070001: info('Password'),
  1070002: info('{title}'),
  1070003: info('Save'),
  1070004: info('ID'),
  1070005: info('Submit'),
  1070006: info('Verify code'),
  1070007: info('Email'),
  1070008: info('Resend code'),
  1070009: info('Continue'),
  1070010: info('Recovery code'),
  1070011: info('Verification code'),
  1070012: info('Registration code'),
  1070013: info('Login code'),
  1070014: info('Login and link credential'),
  1070016: info('Recovery address'),
  1070017: info('Phone number'),
  1070018: info('Email or phone number'),
} as const;

const FIELD_ERRORS = {
  4000001: error('{reason}'),
  4000002: error('Property {property} is missing.'),
  4000003: error('length must be >= {min_length}'),
  4000004: error('does not match the pattern'),
  4000005: error('The password can not be used because {reason}.'),
  4000006: error(
    'The provided credentials are invalid, check for spelling mistakes in your password or username, email address, or phone number.',
  ),
  4000007: error('An account with the same identifier (email, phone, username, ...) exists already.'),
  4000008: error('The provided authentication code is invalid, please try again.'),
  4000009: error(
    'Could not find any login identifiers. Did you forget to set them? This could also be caused by a server misconfiguration.',
  ),
  4000010: error('Account not active yet. Did you forget to verify your email address?'),
  4000011: error('You have no TOTP device set up.'),
  4000012: error('This backup recovery code has already been used.'),
  4000013: error('You have no WebAuthn device set up.'),
  4000014: error('You have no backup recovery codes set up.'),
  4000015: error('This account does not exist or has no security key set up.'),
  4000016: error('The backup recovery code is not valid.'),
  4000017: error('length must be <= {max_length}'),
  4000018: error('must be >= {minimum}'),
  4000019: error('must be > {minimum}'),
  4000020: error('must be <= {maximum}'),
  4000021: error('must be < {maximum}'),
  4000022: error('must be a multiple of {base}'),
  4000023: error('maximum {max_items} items allowed'),
  4000024: error('minimum {min_items} items allowed'),
  4000025: error('items must be unique'),
  4000026: error('expected {allowed_types}, but got {actual_type}'),
  4000027: error(
    'An account with the same identifier (email, phone, username, ...) exists already. Please sign in to your existing account to link your social profile.',
  ),
  4000028: error('You tried signing in with {identifier} which is already in use by another account.{ways}'),
  4000029: error('must be equal to constant {expected}'),
  4000030: error('const failed'),
  4000031: error('The password can not be used because it is too similar to the identifier.'),
  4000032: error('The password must be at least {min_length} characters long, but got {actual_length}.'),
  4000033: error('The password must be at most {max_length} characters long, but got {actual_length}.'),
  4000034: error('The password has been found in data breaches and must no longer be used.'),
  4000035: error('This account does not exist or has not setup sign in with code.'),
  4000036: error('The provided traits do not match the traits previously associated with this flow.'),
  4000037: error('This account does not exist or has no login method configured.'),
  4000039: error('The new password must be different from the old password.'),
  4000040: error('Enter a valid email address'),
  4000041: error('Enter a valid phone number'),
  4000043: error('The provided web authn login is invalid, please try again.'),
} as const;

const FLOW_ERRORS = {
  4010001: expired('login'),
  4010002: noStrategy('log you in with'),
  4010003: noStrategy('sign you up with'),
  4010004: noStrategy('update your settings'),
  4010005: noStrategy('recover your account with'),
  4010006: noStrategy('verify your account with'),
  4010007: DONE_ALREADY,
  4010008: wrongCode('login'),
  4010009: error('Linked credentials do not match.'),
  4010010: error('The address you entered does not match any known addresses in the current account.'),
  4010011: error('This account has been disabled. Please contact support for assistance.'),
  4040001: expired('registration'),
  4040002: DONE_ALREADY,
  4040003: wrongCode('registration'),
  4050001: expired('settings'),
  4050002: error('You can only change one address at a time. Please update each address separately.'),
  4060001: DONE_ALREADY,
  4060002: failed('recovery'),
  4060003: noToken('recovery'),
  4060004: wrongToken('recovery'),
  4060005: expired('recovery'),
  4060006: wrongCode('recovery'),
  4070001: wrongToken('verification'),
  4070002: DONE_ALREADY,
  4070003: failed('verification'),
  4070004: noToken('verification'),
  4070005: expired('verification'),
  4070006: wrongCode('verification'),
  5000001: error('{reason}'),
  5000002: error('No authentication methods are available. Please contact the system administrator.'),
} as const;

/** Every message that a flow can show. */
export const CATALOGUE = {
  ...LOGIN,
  ...REGISTRATION,
  ...SETTINGS,
  ...RECOVERY_AND_VERIFICATION,
  ...LABELS,
  ...FIELD_ERRORS,
  ...FLOW_ERRORS,
} as const;
