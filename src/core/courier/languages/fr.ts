import type { Language } from './language.ts';

const CODE = '{{ code }}';
const LINK = '{{ link }}';
const CODE_LIFE = 'Le code est valable {{ minutes }} minutes. Personne ne vous le demandera jamais.';
const LINK_LIFE = 'Le lien est utilisable une seule fois, pendant {{ minutes }} minutes.';
const NOT_YOU = "Si vous n'êtes pas à l'origine de cette demande, vous n'avez rien à faire.";
const UNKNOWN =
  'Aucun compte ne correspond à cette adresse. Peut-être vous êtes-vous inscrit avec une autre.';

export const fr: Language = {
  mails: {
    recovery_valid: {
      subject: 'Retrouvez votre compte',
      paragraphs: ['Pour retrouver votre compte, ouvrez ce lien :', LINK, LINK_LIFE, NOT_YOU],
    },
    recovery_invalid: {
      subject: "Quelqu'un a essayé d'accéder à un compte",
      paragraphs: ["Quelqu'un a demandé à récupérer un compte avec cette adresse e-mail.", UNKNOWN, NOT_YOU],
    },
    recovery_code_valid: {
      subject: 'Votre code de récupération',
      paragraphs: ['Pour retrouver votre compte, saisissez ce code :', CODE, CODE_LIFE, NOT_YOU],
    },
    recovery_code_invalid: {
      subject: "Quelqu'un a essayé d'accéder à un compte",
      paragraphs: ["Quelqu'un a demandé à récupérer un compte avec cette adresse e-mail.", UNKNOWN, NOT_YOU],
    },
    verification_valid: {
      subject: 'Confirmez votre adresse e-mail',
      paragraphs: [
        'Pour confirmer que cette adresse est la vôtre, ouvrez ce lien :',
        LINK,
        LINK_LIFE,
        NOT_YOU,
      ],
    },
    verification_invalid: {
      subject: "Quelqu'un a essayé de confirmer cette adresse",
      paragraphs: ["Quelqu'un a demandé à confirmer cette adresse e-mail.", UNKNOWN, NOT_YOU],
    },
    verification_code_valid: {
      subject: 'Votre code de confirmation',
      paragraphs: [
        'Pour confirmer que cette adresse est la vôtre, saisissez ce code :',
        ...[CODE, CODE_LIFE, NOT_YOU],
      ],
    },
    verification_code_invalid: {
      subject: "Quelqu'un a essayé de confirmer cette adresse",
      paragraphs: ["Quelqu'un a demandé à confirmer cette adresse e-mail.", UNKNOWN, NOT_YOU],
    },
    login_code_valid: {
      subject: 'Votre code de connexion',
      paragraphs: ['Pour vous connecter, saisissez ce code :', CODE, CODE_LIFE, NOT_YOU],
    },
    registration_code_valid: {
      subject: "Votre code d'inscription",
      paragraphs: ['Pour terminer votre inscription, saisissez ce code :', CODE, CODE_LIFE, NOT_YOU],
    },
  },
  texts: {
    recovery_code_valid:
      'Votre code de récupération est {{ code }}. Ne le communiquez à personne. Valable {{ minutes }} minutes.',
    verification_code_valid: 'Votre code de confirmation est {{ code }}. Valable {{ minutes }} minutes.',
    login_code_valid:
      'Votre code de connexion est {{ code }}. Ne le communiquez à personne. Valable {{ minutes }} minutes.',
    registration_code_valid: "Votre code d'inscription est {{ code }}. Valable {{ minutes }} minutes.",
  },
};
