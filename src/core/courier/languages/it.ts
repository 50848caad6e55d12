import type { Language } from './language.ts';

const CODE = '{{ code }}';
const LINK = '{{ link }}';
const CODE_LIFE = 'Il codice è valido per {{ minutes }} minuti. Nessuno glielo chiederà mai.';
const LINK_LIFE = 'Il link si può usare una sola volta, entro {{ minutes }} minuti.';
const NOT_YOU = 'Se non è stato Lei a chiederlo, non deve fare nulla.';
const UNKNOWN = 'Non esiste alcun account con questo indirizzo. Forse si è registrato con un altro.';

export const it: Language = {
  mails: {
    recovery_valid: {
      subject: 'Rientri nel Suo account',
      paragraphs: ['Per rientrare nel Suo account, apra questo link:', LINK, LINK_LIFE, NOT_YOU],
    },
    recovery_invalid: {
      subject: 'Qualcuno ha provato ad accedere a un account',
      paragraphs: [
        'Qualcuno ha chiesto di recuperare un account con questo indirizzo e-mail.',
        UNKNOWN,
        NOT_YOU,
      ],
    },
    recovery_code_valid: {
      subject: 'Il Suo codice di recupero',
      paragraphs: ['Per rientrare nel Suo account, inserisca questo codice:', CODE, CODE_LIFE, NOT_YOU],
    },
    recovery_code_invalid: {
      subject: 'Qualcuno ha provato ad accedere a un account',
      paragraphs: [
        'Qualcuno ha chiesto di recuperare un account con questo indirizzo e-mail.',
        UNKNOWN,
        NOT_YOU,
      ],
    },
    verification_valid: {
      subject: 'Confermi il Suo indirizzo e-mail',
      paragraphs: ['Per confermare che questo indirizzo è Suo, apra questo link:', LINK, LINK_LIFE, NOT_YOU],
    },
    verification_invalid: {
      subject: 'Qualcuno ha provato a confermare questo indirizzo',
      paragraphs: ['Qualcuno ha chiesto di confermare questo indirizzo e-mail.', UNKNOWN, NOT_YOU],
    },
    verification_code_valid: {
      subject: 'Il Suo codice di conferma',
      paragraphs: [
        'Per confermare che questo indirizzo è Suo, inserisca questo codice:',
        CODE,
        CODE_LIFE,
        NOT_YOU,
      ],
    },
    verification_code_invalid: {
      subject: 'Qualcuno ha provato a confermare questo indirizzo',
      paragraphs: ['Qualcuno ha chiesto di confermare questo indirizzo e-mail.', UNKNOWN, NOT_YOU],
    },
    login_code_valid: {
      subject: 'Il Suo codice di accesso',
      paragraphs: ['Per accedere, inserisca questo codice:', CODE, CODE_LIFE, NOT_YOU],
    },
    registration_code_valid: {
      subject: 'Il Suo codice di registrazione',
      paragraphs: ['Per completare la registrazione, inserisca questo codice:', CODE, CODE_LIFE, NOT_YOU],
    },
  },
  texts: {
    recovery_code_valid:
      'Il Suo codice di recupero è {{ code }}. Non lo condivida. Valido per {{ minutes }} minuti.',
    verification_code_valid: 'Il Suo codice di conferma è {{ code }}. Valido per {{ minutes }} minuti.',
    login_code_valid:
      'Il Suo codice di accesso è {{ code }}. Non lo condivida. Valido per {{ minutes }} minuti.',
    registration_code_valid: 'Il Suo codice di registrazione è {{ code }}. Valido per {{ minutes }} minuti.',
  },
};
