-- Who signs in. All of it is personal data: no event, message, log line or metric has any of it, and erasing an account
-- deletes its row and everything that hangs on it. Orders know their customer by `accounts.id` alone.
--
-- No check constraints: the message about a row that fails one repeats the row, and PostgreSQL writes it to its log.
create table accounts (
    id                 uuid        not null,
    email              text        not null,
    -- The same in lower case: two spellings of one mailbox are one account.
    email_key          text        not null,
    -- Argon2id, as a PHC string.
    password_hash      text        not null,
    roles              text[]      not null,
    -- Counts what ends all sessions: a sign-in that began before and is finished after is no sign-in.
    epoch              integer     not null default 0,
    created_at         timestamptz not null default now(),
    constraint accounts_pkey primary key (id),
    constraint accounts_email_key unique (email_key)
);

create table addresses (
    id          uuid        not null,
    account_id  uuid        not null references accounts on delete cascade,
    name        text        not null,
    line1       text        not null,
    line2       text,
    postal_code text        not null,
    city        text        not null,
    region      text,
    country     char(2)     not null,
    phone       text,
    created_at  timestamptz not null default now(),
    constraint addresses_pkey primary key (id)
);

create index addresses_account_id on addresses (account_id, created_at);

-- REST clients' keys, by the hash of each. One that is revoked is deleted.
create table api_keys (
    id           uuid        not null,
    hash         bytea       not null,
    account_id   uuid        not null references accounts on delete cascade,
    name         text        not null,
    role         text        not null,
    created_at   timestamptz not null default now(),
    expires_at   timestamptz not null,
    constraint api_keys_pkey primary key (id),
    constraint api_keys_hash_key unique (hash)
);

create index api_keys_account_id on api_keys (account_id, created_at);

-- Whose contact it is, so that an account's are found when it is exported or erased.
alter table contacts add column owner uuid;

update contacts c set owner = (e.payload ->> 'customer')::uuid
from events e
where e.aggregate_id = c.order_id::text and e.aggregate_type = 'order' and e.sequence = 1;

create index contacts_owner on contacts (owner);

-- Its account is erased: it stays until its order needs it no more.
alter table contacts add column is_erased_with_order boolean not null default false;

create index contacts_erased_with_order on contacts (order_id) where is_erased_with_order;
