/**
 * Known ways to lead a browser, a proxy or a careless check elsewhere, or to make them read one address as another. Against
 * the list in `return-to.test.ts`.
 */
export const TRICKS: readonly string[] = [
  // Another place altogether.
  ...['https://evil.com', 'https://evil.com/', 'https://evil.com/app.example.com', 'http://evil.com'],
  ...['https://evil.com?https://app.example.com', 'https://evil.com#https://app.example.com'],
  ...['ftp://app.example.com', 'ws://app.example.com', 'https://example.com', 'https://www.example.com'],
  // What begins or ends like an entry.
  ...['https://app.example.com.evil.com', 'https://app.example.comevil.com', 'https://evilapp.example.com'],
  ...['https://app.example.com-evil.com', 'https://evil.com.app.example.com', 'https://app-example.com'],
  ...['https://evil-app.example.com', 'https://appXexample.com', 'https://app.example.co'],
  ...['https://portal.example.com/portals', 'https://portal.example.com/', 'https://portal.example.com'],
  ...[
    'https://portal.example.com/PORTAL',
    'https://slash.example.com/only',
    'https://portal.example.com/portal/../x',
  ],
  ...['https://portal.example.com/portal/..%2fx', 'https://portal.example.com/portal/%2e%2e/x'],
  ...['https://portal.example.com/portal/.%2e/x', 'https://portal.example.com/portal/..;/x'],
  ...['https://portal.example.com/portal/%252e%252e/x', 'https://portal.example.com/%70ortal'],
  // Wildcards.
  ...['https://tenants.example.com/home', 'https://eviltenants.example.com/home'],
  ...['https://.tenants.example.com/home', 'https://*.tenants.example.com/home'],
  ...['https://evil.com/.tenants.example.com/home', 'https://evil.com?.tenants.example.com/home'],
  ...['https://evil.com#.tenants.example.com/home', 'https://one.tenants.example.com/'],
  ...['https://a..tenants.example.com/home', 'https://-.tenants.example.com/home'],
  // Relative ones that are none.
  ...[
    '//evil.com',
    '///evil.com',
    '////evil.com',
    '//app.example.com',
    '/\\evil.com',
    '\\\\evil.com',
    '\\/evil.com',
  ],
  ...['/\\/evil.com', '\\evil.com', '/%5cevil.com', '/%5c%5cevil.com', '/%2fevil.com', '/%2F%2Fevil.com'],
  ...[
    '/.//evil.com',
    '/..//evil.com',
    '/a/..//evil.com',
    '/./\\evil.com',
    '/%2e/%2fevil.com',
    '/a//evil.com',
  ],
  ...[
    '/;/../evil.com/..;/x',
    '/%252fevil.com',
    '/%09/evil.com',
    '/\t/evil.com',
    '/ /evil.com',
    ' //evil.com',
  ],
  ...['/%0d%0aLocation:%20https://evil.com', '/a\r\nLocation: https://evil.com', '/a\nb', '/\u0000evil.com'],
  ...[
    '/%00',
    '/a?b=%0d%0ax',
    '/a#%0a',
    '/%7f',
    '/%',
    '/%zz',
    '/%e',
    '/a?b=%',
    '/%ff%fe',
    '/%c0%af',
    '/..',
    '/.',
  ],
  ...[
    '/%ef%bc%8fevil.com',
    '/%ef%bc%bcevil.com',
    '/%e2%80%ae/x',
    '/%e2%81%84evil.com%ef%bc%8f',
    '/\u2044evil.com',
  ],
  ...[
    'evil.com',
    'dashboard',
    './dashboard',
    '../dashboard',
    '?next=/a',
    '#a',
    '',
    ' ',
    '.',
    '@evil.com',
    ':80',
  ],
  // Blanks and controls, which browsers drop.
  ...[
    '\thttps://app.example.com',
    ' https://app.example.com',
    'https://app.example.com ',
    'ht\ttps://evil.com',
  ],
  ...[
    'https://app.example.com\t.evil.com',
    'https://app.example.com\n',
    'https://app.example.com\u0000.evil.com',
  ],
  ...['https://\u00a0app.example.com', '\u0001https://app.example.com', 'https:\n//app.example.com'],
  ...['\ufeffhttps://app.example.com', 'https://app.example.com/\u200b', 'https://app.example.com/\u202e'],
  // User names.
  ...[
    'https://app.example.com@evil.com',
    'https://app.example.com:443@evil.com',
    'https://x@app.example.com',
  ],
  ...['https://x:y@app.example.com', 'https://@app.example.com', 'https://:@app.example.com'],
  ...[
    'https://app.example.com%40evil.com',
    'https://app.example.com%2f@evil.com',
    'https://evil.com%23@app.example.com',
  ],
  ...[
    'https://evil.com\\@app.example.com',
    'https://evil.com;@app.example.com',
    'https://evil.com?@app.example.com',
  ],
  ...[
    'https://evil.com#@app.example.com',
    'https://evil.com/@app.example.com',
    'https://a@b@app.example.com',
  ],
  // Slashes and backslashes.
  ...[
    'https:app.example.com',
    'https:/app.example.com',
    'https:///app.example.com',
    'https:\\\\app.example.com',
  ],
  ...['https:/\\app.example.com', 'https://\\app.example.com', 'https://app.example.com\\evil.com'],
  ...[
    'https://app.example.com\\.evil.com',
    'https://app.example.com/\\evil.com',
    'https:evil.com',
    'https:////evil.com',
  ],
  ...[
    'https://app.example.com//evil.com',
    'https://app.example.com/%2f/evil.com',
    'https://app.example.com/a\\b',
  ],
  // Schemes that run or show what stands in them.
  ...[
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    'java\tscript:alert(1)',
    'javascript://app.example.com/%0aalert(1)',
  ],
  ...[
    'javascript:https://app.example.com',
    'data:text/html,<script>alert(1)</script>',
    'data://app.example.com/x',
  ],
  ...[
    'vbscript:msgbox(1)',
    'file:///etc/passwd',
    'blob:https://app.example.com/x',
    'about:blank',
    'mailto:a@b.c',
  ],
  ...[
    'view-source:https://app.example.com',
    'intent://app.example.com#Intent;end',
    'com.example.app:callback',
  ],
  ...['com.example.app://callback.evil', 'com.example.app://other', 'com.example.evil://callback', 'tel:1'],
  ...[
    'http://app.example.com',
    'httpss://app.example.com',
    'https+x://app.example.com',
    '://app.example.com',
  ],
  // Ports.
  ...[
    'https://app.example.com:8443',
    'https://app.example.com:80',
    'https://app.example.com:',
    'https://app.example.com:0',
  ],
  ...['https://app.example.com:0443', 'https://app.example.com:443443', 'https://app.example.com:443:80'],
  ...['https://app.example.com:x', 'http://localhost', 'http://localhost:3001', 'https://localhost:3000'],
  ...[
    'https://app.example.com:-443',
    'https://app.example.com:%34%34%33',
    'https://app.example.com:443.evil.com',
  ],
  // Names that look alike.
  ...[
    'https://app.example.com.',
    'https://app.example.com../',
    'https://app..example.com',
    'https://.app.example.com',
  ],
  ...['https://app\u3002example.com', 'https://app\uff0eexample.com', 'https://app\uff61example.com'],
  ...['https://\u0430pp.example.com', 'https://\uff41pp.example.com', 'https://app.ex\u00adample.com'],
  ...['https://xn--pp-7kc.example.com', 'https://b\u00fccher.example', 'https://xn--bcher-kvb.example'],
  ...['https://app.example\u2024com', 'https://app.example.c\u2134m', 'https://app\u200b.example.com'],
  ...['https://app%2eexample.com', 'https://%61pp.example.com', 'https://app.example.com%00.evil.com'],
  ...[
    'https://app.example.com%E3%80%82evil.com',
    'https://app.example.com\u2215evil.com',
    'https://app_example.com',
  ],
  // Addresses in other spellings.
  ...['http://127.0.0.1:3000', 'http://2130706433:3000', 'http://0x7f.1:3000', 'http://0177.0.0.1:3000'],
  ...[
    'http://[::ffff:127.0.0.1]:3000',
    'http://[0:0:0:0:0:0:0:1]:3000',
    'http://[::1%25eth0]:3000',
    'http://[::1',
  ],
  ...['http://localhost.:3000', 'http://0:3000', 'http://[::2]:3000', 'http://::1:3000'],
  // What no URL may hold.
  ...[
    'https://app.example.com/<script>',
    'https://app.example.com/"x',
    'https://app.example.com/a b',
    '/{x}',
    '/a|b',
  ],
  ...['https://app.example.com/`x`', 'https://app.example.com/^', "https://'app.example.com", '/caf\u00e9'],
  ...[`https://app.example.com/${'a'.repeat(2100)}`, `/${'a'.repeat(2100)}`],
  ...['https://app.example.com,https://evil.com', 'https://evil.com,https://app.example.com', '["/"]'],
];
