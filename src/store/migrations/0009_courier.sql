-- Mail and SMS: what is to be sent, and what became of it.
create table courier_messages (
  pool_id uuid not null,
  -- Rises with the time, so that the newest first is the order of ids.
  id uuid not null,
  -- Under whose data key the boxes lie; null: under a key of the message's own.
  identity_id uuid,
  status text not null default 'queued' check (status in ('queued', 'processing', 'sent', 'abandoned')),
  type text not null check (type in ('email', 'sms')),
  template_type text not null,
  -- Attempts that were begun.
  send_count integer not null default 0,
  -- When it is to be sent; while it is being sent, when it counts as forgotten. Null once it has ended.
  due_at timestamptz,
  -- The process's mark on a message that it is sending.
  claim uuid,
  ended_at timestamptz,
  -- Keyed: finds messages to one address and tells nothing else.
  recipient_digest bytea not null,
  -- Sealed box: recipient and subject.
  head bytea not null,
  -- Sealed box: text, HTML and code. Null once it has ended, unless the configuration keeps it.
  body bytea,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (pool_id, id),
  foreign key (pool_id, identity_id) references identities (pool_id, id) on delete cascade
);
-- @distribute courier_messages

create index courier_messages_due on courier_messages (pool_id, due_at, id) where status in ('queued', 'processing');

create index courier_messages_status on courier_messages (pool_id, status, id);

create index courier_messages_recipient on courier_messages (pool_id, recipient_digest, id);

create index courier_messages_identity on courier_messages (pool_id, identity_id) where identity_id is not null;

create index courier_messages_ended on courier_messages (pool_id, ended_at) where ended_at is not null;

-- Keys of messages that belong to no identity, wrapped under the pool's key. Apart, so that a backup can leave them out.
create table courier_keys (
  pool_id uuid not null,
  message_id uuid not null,
  wrapped bytea not null,
  primary key (pool_id, message_id),
  foreign key (pool_id, message_id) references courier_messages (pool_id, id) on delete cascade
);
-- @distribute courier_keys

-- Each attempt whose end was seen.
create table courier_dispatches (
  pool_id uuid not null,
  message_id uuid not null,
  id uuid not null,
  status text not null check (status in ('success', 'failed')),
  -- One of a few words; null where it went through.
  failure text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (pool_id, message_id, id),
  foreign key (pool_id, message_id) references courier_messages (pool_id, id) on delete cascade
);
-- @distribute courier_dispatches

-- What a pool says in place of the built-in texts. No personal data: only names of what is filled in.
create table courier_templates (
  pool_id uuid not null,
  template_type text not null,
  channel text not null check (channel in ('email', 'sms')),
  -- Language tag in lower case, or * for every language without a row of its own.
  locale text not null,
  -- Of an e-mail.
  subject text,
  text text not null,
  html text,
  updated_at timestamptz not null,
  primary key (pool_id, template_type, channel, locale)
);
-- @distribute courier_templates
