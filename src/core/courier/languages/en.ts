import type { Language } from './language.ts';

const CODE = '{{ code }}';
const LINK = '{{ link }}';
const CODE_LIFE = 'The code can be used for {{ minutes }} minutes. Nobody will ever ask you for it.';
const LINK_LIFE = 'The link can be used once, within {{ minutes }} minutes.';
const NOT_YOU = 'If you did not ask for this, you need not do anything.';
const UNKNOWN = 'There is no account with this address. Perhaps you have signed up with another one.';

export const en: Language = {
  mails: {
    recovery_valid: {
      subject: 'Get back into your account',
      paragraphs: ['To get back into your account, open this link:', LINK, LINK_LIFE, NOT_YOU],
    },
    recovery_invalid: {
      subject: 'Somebody tried to get into an account',
      paragraphs: ['Somebody asked to recover an account with this e-mail address.', UNKNOWN, NOT_YOU],
    },
    recovery_code_valid: {
      subject: 'Your recovery code',
      paragraphs: ['To get back into your account, enter this code:', CODE, CODE_LIFE, NOT_YOU],
    },
    recovery_code_invalid: {
      subject: 'Somebody tried to get into an account',
      paragraphs: ['Somebody asked to recover an account with this e-mail address.', UNKNOWN, NOT_YOU],
    },
    verification_valid: {
      subject: 'Confirm your e-mail address',
      paragraphs: ['To confirm that this address is yours, open this link:', LINK, LINK_LIFE, NOT_YOU],
    },
    verification_invalid: {
      subject: 'Somebody tried to confirm this address',
      paragraphs: ['Somebody asked to confirm this e-mail address.', UNKNOWN, NOT_YOU],
    },
    verification_code_valid: {
      subject: 'Your confirmation code',
      paragraphs: ['To confirm that this address is yours, enter this code:', CODE, CODE_LIFE, NOT_YOU],
    },
    verification_code_invalid: {
      subject: 'Somebody tried to confirm this address',
      paragraphs: ['Somebody asked to confirm this e-mail address.', UNKNOWN, NOT_YOU],
    },
    login_code_valid: {
      subject: 'Your login code',
      paragraphs: ['To log in, enter this code:', CODE, CODE_LIFE, NOT_YOU],
    },
    registration_code_valid: {
      subject: 'Your registration code',
      paragraphs: ['To finish signing up, enter this code:', CODE, CODE_LIFE, NOT_YOU],
    },
  },
  texts: {
    recovery_code_valid:
      'Your recovery code is {{ code }}. Do not share it. Valid for {{ minutes }} minutes.',
    verification_code_valid: 'Your confirmation code is {{ code }}. Valid for {{ minutes }} minutes.',
    login_code_valid: 'Your login code is {{ code }}. Do not share it. Valid for {{ minutes }} minutes.',
    registration_code_valid: 'Your registration code is {{ code }}. Valid for {{ minutes }} minutes.',
  },
};
