import type { Language } from './language.ts';

const CODE = '{{ code }}';
const LINK = '{{ link }}';
const CODE_LIFE = 'Der Code gilt {{ minutes }} Minuten. Niemand wird Sie je danach fragen.';
const LINK_LIFE = 'Der Link gilt einmal, innerhalb von {{ minutes }} Minuten.';
const NOT_YOU = 'Wenn Sie das nicht waren, brauchen Sie nichts zu tun.';
const UNKNOWN =
  'Zu dieser Adresse gibt es kein Konto. Vielleicht haben Sie sich mit einer anderen angemeldet.';

export const de: Language = {
  mails: {
    recovery_valid: {
      subject: 'Zurück in Ihr Konto',
      paragraphs: ['Mit diesem Link kommen Sie wieder in Ihr Konto:', LINK, LINK_LIFE, NOT_YOU],
    },
    recovery_invalid: {
      subject: 'Jemand wollte in ein Konto gelangen',
      paragraphs: ['Jemand wollte ein Konto mit dieser E-Mail-Adresse wiederherstellen.', UNKNOWN, NOT_YOU],
    },
    recovery_code_valid: {
      subject: 'Ihr Wiederherstellungscode',
      paragraphs: ['Mit diesem Code kommen Sie wieder in Ihr Konto:', CODE, CODE_LIFE, NOT_YOU],
    },
    recovery_code_invalid: {
      subject: 'Jemand wollte in ein Konto gelangen',
      paragraphs: ['Jemand wollte ein Konto mit dieser E-Mail-Adresse wiederherstellen.', UNKNOWN, NOT_YOU],
    },
    verification_valid: {
      subject: 'Bestätigen Sie Ihre E-Mail-Adresse',
      paragraphs: ['Mit diesem Link bestätigen Sie, dass die Adresse Ihre ist:', LINK, LINK_LIFE, NOT_YOU],
    },
    verification_invalid: {
      subject: 'Jemand wollte diese Adresse bestätigen',
      paragraphs: ['Jemand wollte diese E-Mail-Adresse bestätigen.', UNKNOWN, NOT_YOU],
    },
    verification_code_valid: {
      subject: 'Ihr Bestätigungscode',
      paragraphs: ['Mit diesem Code bestätigen Sie, dass die Adresse Ihre ist:', CODE, CODE_LIFE, NOT_YOU],
    },
    verification_code_invalid: {
      subject: 'Jemand wollte diese Adresse bestätigen',
      paragraphs: ['Jemand wollte diese E-Mail-Adresse bestätigen.', UNKNOWN, NOT_YOU],
    },
    login_code_valid: {
      subject: 'Ihr Anmeldecode',
      paragraphs: ['Mit diesem Code melden Sie sich an:', CODE, CODE_LIFE, NOT_YOU],
    },
    registration_code_valid: {
      subject: 'Ihr Registrierungscode',
      paragraphs: ['Mit diesem Code schließen Sie die Registrierung ab:', CODE, CODE_LIFE, NOT_YOU],
    },
  },
  texts: {
    recovery_code_valid:
      'Ihr Wiederherstellungscode ist {{ code }}. Geben Sie ihn nicht weiter. Gültig {{ minutes }} Minuten.',
    verification_code_valid: 'Ihr Bestätigungscode ist {{ code }}. Gültig {{ minutes }} Minuten.',
    login_code_valid:
      'Ihr Anmeldecode ist {{ code }}. Geben Sie ihn nicht weiter. Gültig {{ minutes }} Minuten.',
    registration_code_valid: 'Ihr Registrierungscode ist {{ code }}. Gültig {{ minutes }} Minuten.',
  },
};
