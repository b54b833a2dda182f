-- Sessions that end while the account's epoch goes on: by signing out, by their handle, by signing in again. Redis alone knew of it, and a
-- Redis that comes back with less than it had had them again (docs/decisions/0018).
create table ended_sessions (
    -- SHA-256 of the session's id, under which Redis has it.
    hash       bytea       not null,
    account_id uuid        not null references accounts on delete cascade,
    ended_at   timestamptz not null default now(),
    constraint ended_sessions_pkey primary key (hash)
);

create index ended_sessions_account_id on ended_sessions (account_id);
create index ended_sessions_ended_at on ended_sessions (ended_at);
