-- What mails need: that an address was confirmed, links that work once, and the mails themselves.

alter table accounts add column email_confirmed_at timestamptz;

-- Links in mails, by the hash of their secret. Each works once, and the newest of its purpose only.
create table account_links (
    hash       bytea       not null,
    account_id uuid        not null references accounts on delete cascade,
    purpose    text        not null,
    -- The address that the link confirms.
    email      text,
    expires_at timestamptz not null,
    constraint account_links_pkey primary key (hash),
    constraint account_links_purpose_key unique (account_id, purpose)
);

-- A confirmed address finds what its owner ordered as a guest.
create index contacts_email on contacts (lower(email));

-- Mails that are to be sent: each is put here in the transaction that gives the reason for it, and sent from here.
-- What is personal or secret about a mail (its address, a link) is here until it was sent, and no longer. A mail about
-- an order has neither: its address and link are looked up when it is sent.
create table mails (
    id         uuid        not null,
    -- Names the reason, so that the same one is no second mail: `order-confirmed:{order}`.
    reason     text        not null,
    -- Whose account it concerns, to find it when that is erased.
    owner      uuid,
    address    text,
    mail       jsonb,
    created_at timestamptz not null default now(),
    -- When it is tried (again). A sender that has it in hand moves this on first.
    due_at     timestamptz not null default now(),
    attempts   integer     not null default 0,
    -- When it was sent, or given up.
    ended_at   timestamptz,
    -- Why it was given up.
    failure    text,
    constraint mails_pkey primary key (id),
    constraint mails_reason_key unique (reason)
);

create index mails_due on mails (due_at) where ended_at is null;
create index mails_owner on mails (owner) where ended_at is null;
create index mails_ended on mails (ended_at) where ended_at is not null;
